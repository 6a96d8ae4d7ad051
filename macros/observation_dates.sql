{#
    Records are aggregated once, by customer and by the first date that sees them: an
    observation date or the start of the oldest one's trailing window. Each observation
    date then adds up what it and the earlier dates saw first; what it saw first itself
    is its trailing window. That is a fraction of the work of aggregating all records
    for each date.
#}

{# One row with each of these dates in a column of its own, as a CTE body. #}
{% macro observation_date_columns() %}
    select
        {%- for step in range(valid_var('observation_count')) %}
        max(cast(observation_date as timestamp)) filter (where observation_step = {{ step }})
            as observed_{{ step }},
        {%- endfor %}
        min(cast(trailing_start_date as timestamp)) as trailing_start
    from {{ ref('int_observation_dates') }}
{% endmacro %}


{# The first of these dates after a moment; null where there is none. #}
{% macro first_seen_on(timestamp) -%}
    cast(
        case
            when {{ timestamp }} < trailing_start then trailing_start
            {%- for step in range(valid_var('observation_count')) | reverse %}
            when {{ timestamp }} < observed_{{ step }} then observed_{{ step }}
            {%- endfor %}
        end as date
    )
{%- endmacro %}


{# Days from a date to the observation date of a row of observed_customers. #}
{% macro days_before_observation(date) -%}
    {{ dbt.datediff(date, 'observed_customers.observation_date', 'day') }}
{%- endmacro %}

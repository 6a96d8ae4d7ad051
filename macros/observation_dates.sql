{#
    Records are aggregated once, by customer and period: the records of period n are first
    seen by the observation date n steps back, those of the last period lie before the
    trailing window of the oldest one. What a date sees is what its own and all older
    periods hold; its own period is its trailing window. That is a fraction of the work of
    aggregating all records for each date.
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


{# The period of a moment; null from the current date on. #}
{% macro observed_period(timestamp) -%}
    case
        when {{ timestamp }} < trailing_start then {{ valid_var('observation_count') }}
        {%- for step in range(valid_var('observation_count')) | reverse %}
        when {{ timestamp }} < observed_{{ step }} then {{ step }}
        {%- endfor %}
    end
{%- endmacro %}


{# What each date sees of sums by customer and period, as a CTE body. #}
{% macro seen_on_observation_dates() %}
    select
        observation_dates.observation_date,
        by_period.period = observation_dates.observation_step as is_trailing,
        by_period.*
    from by_period
    inner join observation_dates
        on by_period.period >= observation_dates.observation_step
{% endmacro %}


{# Days from a date to the observation date of a row of observed_customers. #}
{% macro days_before_observation(date) -%}
    {{ dbt.datediff(date, 'observed_customers.observation_date', 'day') }}
{%- endmacro %}


{#
    Whether records of an entity are something that customers did at a time of their own,
    as what the current observation date follows. Order items are where they stand for
    the orders of their source system.
#}
{% macro is_activity() -%}
    (
        entity in ('orders', 'visits', 'reviews', 'campaign_contacts')
        {%- set systems = systems_with('order_items') | reject('in', systems_with('orders')) | list %}
        {%- if systems %}
        or (entity = 'order_items' and source_system in ({{ quoted(systems) }}))
        {%- endif %}
    )
{%- endmacro %}


{#
    Whether a customer or a summary of a date counts on a row of observation_dates. On the
    current date all do, whether without a date or of a day after the last activity;
    those after var as_of_date do not.
#}
{% macro is_known_by(date) -%}
    (
        {{ date }} < observation_dates.observation_date
        {%- if var('as_of_date') %}
        or (observation_dates.is_current and {{ date }} is null)
        {%- else %}
        or observation_dates.is_current
        {%- endif %}
    )
{%- endmacro %}

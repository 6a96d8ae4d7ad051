{#
    Records are aggregated once, by customer and period, and a period ends with each
    observation date and with each first day of a trailing window. So every date sees
    whole periods, those that end by it, and its trailing window is whole periods too.
    That is a fraction of the work of aggregating all records for each date.
#}

{# Windows of past dates begin where others end; that of the current date need not. #}
{% macro period_numbers() -%}
    {{ return(range(valid_var('observation_count') + 2)) }}
{%- endmacro %}


{# One row with the end of each period in a column, latest first, as a CTE body. #}
{% macro period_end_columns() %}
    select
        {%- for number in period_numbers() %}
        max(period_end) filter (where place = {{ number + 1 }})
            as period_end_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            cast(ends.period_end as timestamp) as period_end,
            row_number() over (order by ends.period_end desc) as place
        from (
            select observation_date as period_end
            from {{ ref('int_observation_dates') }}
            union distinct
            select trailing_start_date as period_end
            from {{ ref('int_observation_dates') }}
        ) as ends
    ) as placed
{% endmacro %}


{# The end of the period of a moment; null from the current date on. #}
{% macro period_end(timestamp) -%}
    cast(case
        {%- for number in period_numbers() | reverse %}
        when {{ timestamp }} < period_end_{{ number }} then period_end_{{ number }}
        {%- endfor %}
    end as date)
{%- endmacro %}


{# What each date sees of sums by customer and period, as a CTE body. #}
{% macro seen_on_observation_dates() %}
    select
        observation_dates.observation_date,
        by_period.period_end > observation_dates.trailing_start_date as is_trailing,
        by_period.*
    from by_period
    inner join observation_dates
        on by_period.period_end <= observation_dates.observation_date
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

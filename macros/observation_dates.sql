{#
    Records are aggregated once, by customer, with a column for each period: the records
    of period n are first seen by the observation date n steps back, those of the last
    period lie before the trailing window of the oldest one. What a date sees is what its
    own and all older periods hold; its own period is its trailing window. That is a
    fraction of the work of aggregating all records for each date.
#}

{% macro observed_periods() %}
    {{ return(range(valid_var('observation_count') + 1) | list) }}
{% endmacro %}


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
        when {{ timestamp }} < trailing_start then {{ observed_periods()[-1] }}
        {%- for step in range(valid_var('observation_count')) | reverse %}
        when {{ timestamp }} < observed_{{ step }} then {{ step }}
        {%- endfor %}
    end
{%- endmacro %}


{# What the columns <column>_<period> hold of the trailing window of a date. #}
{% macro of_trailing_window(column) -%}
    case observation_dates.observation_step
        {%- for step in range(valid_var('observation_count')) %}
        when {{ step }} then {{ column }}_{{ step }}
        {%- endfor %}
    end
{%- endmacro %}


{# What they hold of all that a date sees, put together by an operator. #}
{% macro of_all_seen(column, operator='+') -%}
    case observation_dates.observation_step
        {%- for step in range(valid_var('observation_count')) %}
        when {{ step }}
            then {% for period in observed_periods()[step:] -%}
                {{ column }}_{{ period }}{{ ' ' ~ operator ~ ' ' if not loop.last }}
            {%- endfor %}
        {%- endfor %}
    end
{%- endmacro %}


{# The latest date in them of all that a date sees. #}
{% macro latest_of_all_seen(column) -%}
    case observation_dates.observation_step
        {%- for step in range(valid_var('observation_count')) %}
        when {{ step }}
            then coalesce(
                {%- for period in observed_periods()[step:] %}
                {{ column }}_{{ period }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
        {%- endfor %}
    end
{%- endmacro %}


{# Days from a date to the observation date of a row of observed_customers. #}
{% macro days_before_observation(date) -%}
    {{ dbt.datediff(date, 'observed_customers.observation_date', 'day') }}
{%- endmacro %}

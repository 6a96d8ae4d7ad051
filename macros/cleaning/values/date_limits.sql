{#
    The first and last moment a raw date may name: activity from 1990 to the load,
    births up to 110 years back. A day of grace covers time zones ahead of UTC.
#}
{% macro earliest_date(column_name) -%}
    {%- set load_date = run_started_at.date() -%}
    {%- if column_name == 'birth_date' -%}
        cast('{{ load_date.replace(year=load_date.year - 110, day=1) }}' as date)
    {%- else -%}
        cast('1990-01-01' as date)
    {%- endif -%}
{%- endmacro %}

{% macro latest_date() -%}
    cast('{{ day_after_load() }}' as date)
{%- endmacro %}

{% macro latest_year() %}
    {{ return(day_after_load().year) }}
{% endmacro %}

{% macro day_after_load() %}
    {{ return((run_started_at + modules.datetime.timedelta(days=1)).date()) }}
{% endmacro %}

{#
    Calendar months as numbers. The distinct months of a group are the bits of a few
    numbers, 60 months in each, which costs a fraction of count(distinct).
#}
{% macro month_number(date) -%}
    (extract(year from {{ date }}) * 12 + extract(month from {{ date }}))
{%- endmacro %}


{# The months of a group's dates that fall in a block of 60, as bits. #}
{% macro month_bits(date, block) -%}
    {%- set months = month_number(date) ~ ' - ' ~ (first_month_number() + 60 * block) -%}
    bit_or(
        {%- if month_block_count() == 1 %}
        cast(1 as bigint) << cast({{ months }} as int)
        {%- else %}
        case
            when {{ months }} between 0 and 59
                then cast(1 as bigint) << cast({{ months }} as int)
        end
        {%- endif %}
    )
{%- endmacro %}


{# The month of the earliest record, or January 1990, before which none is accepted. #}
{% macro first_month_number() %}
    {%- set counts = ref('int_staged_record_counts') -%}
    {%- if execute and load_relation(counts) -%}
        {%- set first_date = run_query(
            'select min(first_record_on) from ' ~ counts
        ).columns[0].values()[0] -%}
        {%- if first_date -%}
            {{ return(first_date.year * 12 + first_date.month) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(1990 * 12 + 1) }}
{% endmacro %}


{# How many numbers of 60 bits hold the months from the first to that of the load. #}
{% macro month_block_count() %}
    {%- set load_month = run_started_at.year * 12 + run_started_at.month + 1 -%}
    {{ return((load_month - first_month_number()) // 60 + 1) }}
{% endmacro %}

{#
    Calendar months as numbers. Distinct months of a group are counted as the bits of a
    few numbers, 60 months in each, which costs a fraction of count(distinct).
#}
{% macro month_number(date) -%}
    (extract(year from {{ date }}) * 12 + extract(month from {{ date }}))
{%- endmacro %}


{% macro count_months(date, condition) -%}
    {%- set first_month = first_month_number() -%}
    {%- for block in range(month_block_count()) %}
        {%- set months = month_number(date) ~ ' - ' ~ (first_month + 60 * block) %}
        coalesce(bit_count(bit_or(
            case
                when {{ condition }} and {{ months }} between 0 and 59
                    then cast(1 as bigint) << cast({{ months }} as int)
            end
        )), 0)
        {{- ' +' if not loop.last }}
    {%- endfor %}
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

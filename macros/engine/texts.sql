{#
    The adapter of Spark knows no order of texts that it puts together, and takes what
    is between them for a regular expression. dbt finds these where the project is no
    package.
#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {{ return(dbt.default__listagg(
        measure, delimiter_text, order_by_clause, limit_num
    )) }}
{%- endmacro %}

{% macro spark__split_part(string_text, delimiter_text, part_number) -%}
    {{ return(dbt.default__split_part(string_text, delimiter_text, part_number)) }}
{%- endmacro %}


{# A value as text, a fraction without an exponent: 49301234567, not 4.9301234567E10. #}
{% macro text_of(column) -%}
    {{ return(adapter.dispatch('text_of', 'customer_segmentation')(column)) }}
{%- endmacro %}

{% macro default__text_of(column) -%}
    cast({{ column }} as string)
{%- endmacro %}

{% macro spark__text_of(column) -%}
    case
        when {{ has_type(column, 'fraction') }}
            then coalesce(
                regexp_replace(
                    cast(try_cast(cast({{ column }} as string) as decimal(28, 9)) as string),
                    '[.]?0+$',
                    ''
                ),
                cast({{ column }} as string)
            )
        else cast({{ column }} as string)
    end
{%- endmacro %}


{# A timestamp from text with the year first, the month and the day; else null. #}
{% macro try_year_first(text) -%}
    {{ return(adapter.dispatch('try_year_first', 'customer_segmentation')(text)) }}
{%- endmacro %}

{% macro default__try_year_first(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}

{# Spark takes a year alone for its first day, and knows no slashes. #}
{% macro spark__try_year_first(text) -%}
    case
        when {{ text }} rlike '^[0-9]{4,}[-/][0-9]+[-/]'
            then try_cast(translate({{ text }}, '/', '-') as timestamp)
    end
{%- endmacro %}

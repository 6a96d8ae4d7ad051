{#
    The adapter of Spark knows no order of the texts that it puts together. dbt finds this
    where the project is no package.
#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {{ return(dbt.default__listagg(
        measure, delimiter_text, order_by_clause, limit_num
    )) }}
{%- endmacro %}

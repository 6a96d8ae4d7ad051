{#
    A value in a row of a unit test. The adapter of Spark writes a list as YAML does,
    which is no SQL. dbt finds this where the project is no package.
#}
{% macro spark__safe_cast(field, type) -%}
    {%- if field is sequence and field is not string -%}
    cast(array({{ field | join(', ') }}) as {{ type }})
    {%- else -%}
    {{ dbt.spark__safe_cast(field, type) }}
    {%- endif -%}
{%- endmacro %}

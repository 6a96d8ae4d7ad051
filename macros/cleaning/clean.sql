{#
    What the models base_<system>__<entity> are made of. They have one row per raw record,
    with for each column of the contract

        raw_<column>     the value as it came
        <column>         the typed value; null where it cannot be used
        issue_<column>   what was wrong with it, if anything

    and for the whole record rejection_column and rejection_issue, null where the record
    is kept.
#}

{#
    The columns of the contract as they came, and how those are read that leave a choice.
#}
{% macro raw_values(table_name) -%}
    {%- set columns = [] -%}
    {%- for name, column in raw_table_contract()[table_name]['columns'].items() -%}
        {%- do columns.append('raw_records.' ~ name ~ ' as raw_' ~ name) -%}
        {%- if has_style(column['kind']) -%}
            {%- do columns.append('formats.' ~ name ~ ' as style_' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}


{#
    A raw value as one of its kind: null where it cannot be read. Of an `absent` column
    there is nothing to read, and leaving that out halves the time to plan a query.
#}
{% macro clean(column, kind, absent) -%}
    {%- do refuse(problem_with_kind(column, kind)) -%}
    {%- set raw_value = 'raw_records.' ~ column -%}
    {%- if column in absent -%}
    cast(null as {{ sql_type(kind) }})
    {%- elif has_style(kind) -%}
    {{ parse_value(kind, raw_value, 'formats.' ~ column) }}
    {%- else -%}
    {{ parse_value(kind, raw_value) }}
    {%- endif -%}
{%- endmacro %}


{# The list of kinds is the contract: a model that says otherwise is mistaken. #}
{% macro problem_with_kind(column, kind) %}
    {% set kinds = [] %}
    {% for contract in raw_table_contract().values() if column in contract['columns'] %}
        {% do kinds.append(contract['columns'][column]['kind']) %}
    {% endfor %}
    {% if kind not in kinds %}
        {{ return('column ' ~ column ~ ' is cleaned as ' ~ kind ~ '; expected '
            ~ (spoken(kinds | unique, 'or') or 'a column of the input contract') ~ '.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

{#
    What the models base_<system>__<entity> are made of. They have one row per raw record,
    with for each column of the contract

        raw_<column>     the value as it came
        <column>         the typed value; null where it cannot be used
        issue_<column>   what was wrong with it, if anything

    and for the whole record rejection_column and rejection_issue, null where the record
    is kept.
#}

{# The columns of the contract as they came. #}
{% macro raw_values(table_name) -%}
    {%- for name in raw_table_contract()[table_name]['columns'] %}
    {{- '        ' if not loop.first }}raw_records.{{ name }} as raw_{{ name }}
    {{- ',\n' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# A raw value as one of its kind: null where it cannot be read. #}
{% macro clean(column, kind) -%}
    {%- do refuse(problem_with_kind(column, kind)) -%}
    {{ parse_value(kind, 'raw_records.' ~ column, style_of(column, kind)) }}
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

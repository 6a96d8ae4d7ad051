{#
    A table where a column of ids, times or numbers came as text, so that text is parsed
    once and not by every model that reads it; else a view, so that typed records, maybe
    hundreds of millions of them, are not copied.
#}
{% materialization parsed, adapter='duckdb' %}
    {% if has_text_to_parse(sql) %}
        {{ return(materialization_table_duckdb()) }}
    {% endif %}
    {{ return(materialization_view_default()) }}
{% endmaterialization %}


{# Whether a query of the cleaning models has text in a raw column that must be parsed. #}
{% macro has_text_to_parse(sql) %}
    {% set parsed_columns = [] %}
    {% for contract in raw_table_contract().values() %}
        {% for name, column in contract['columns'].items()
            if has_style(column['kind']) or column['kind'] == 'id' %}
            {% do parsed_columns.append('raw_' ~ name) %}
        {% endfor %}
    {% endfor %}
    {% for column in get_column_schema_from_query(sql)
        if column.name in parsed_columns and column.is_string() %}
        {{ return(true) }}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}

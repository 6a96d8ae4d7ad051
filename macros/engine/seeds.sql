{#
    The rows of a seed, as a query of its file. The adapter would write each value into the
    text of statements: a quote in a value would end it there, and a missing value would be
    an empty one. Every worker must see the folder of the project.
#}
{% macro spark__load_csv_rows(model, agate_table, load_empty=false) %}
    {% set types = model['config'].get('column_types', {}) %}
    {% set values = [] %}
    {% for name in agate_table.column_names %}
        {% do values.append('cast(' ~ name ~ ' as ' ~ types.get(
            name, adapter.convert_type(agate_table, loop.index0)
        ) ~ ') as ' ~ name) %}
    {% endfor %}
    {% set sql %}
        insert into {{ this }}
        select {{ values | join(', ') }}
        from csv.`{{ model['root_path'] }}/{{ model['original_file_path'] }}`
        with (header 'true', multiLine 'true', escape '"')
        {{ 'where false' if load_empty }}
    {% endset %}
    {% do run_query(sql) %}
    {{ return(sql) }}
{% endmacro %}

{#
    How fresh the raw tables of the source system crm are, for `dbt source freshness`: dbt
    asks a relation, and these are files that the project reads itself. Times without a
    zone are in UTC.
#}
{% macro duckdb__collect_freshness(source, loaded_at_field, filter) %}
    {% if source.schema != 'crm' or source.identifier not in raw_table_contract() %}
        {{ return(default__collect_freshness(source, loaded_at_field, filter)) }}
    {% endif %}
    {% if source.identifier not in tables_of_files() %}
        {% do refuse('source crm.' ~ source.identifier ~ ' is not read from files; '
            ~ 'expected var crm_folder, crm_location or crm_locations.') %}
    {% endif %}
    {% set input = found_input(raw_table(source.identifier)) %}
    {% do refuse(problem_with_input(source.identifier, input)) %}
    {% if input['absence'] is not none or loaded_at_field in input['absent'] %}
        {% do refuse('raw table ' ~ source.identifier ~ ' has no column '
            ~ loaded_at_field ~ ' that says when it was loaded; expected one, or that dbt '
            ~ 'source freshness selects other tables.') %}
    {% endif %}
    {% call statement('collect_freshness', fetch_result=true, auto_begin=false) %}
        select
            max(try_cast({{ loaded_at_field }} as timestamp)) as max_loaded_at,
            {{ current_timestamp() }} as snapshotted_at
        from {{ input['relation'] }} as records
        {{ 'where ' ~ filter if filter }}
    {% endcall %}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}

{#
    How a raw table is read: `relation` to select from and its `columns`, or `absence` or
    `problem`. The function is one of segmentation.reading, which the profile loads.
#}
{% macro found_input(raw_table) %}
    {{ return(adapter.dispatch('found_input', 'customer_segmentation')(raw_table)) }}
{% endmacro %}

{% macro default__found_input(raw_table) %}
    {{ return(asked_of('found_input', raw_table)) }}
{% endmacro %}

{# The reader of files is one of DuckDB. #}
{% macro spark__found_input(raw_table) %}
    {{ no_files_on_spark() }}
{% endmacro %}

{% macro no_files_on_spark() %}
    {% do refuse('raw tables are files by vars crm_folder, crm_location or crm_locations; '
        ~ 'expected seeds or relations with target spark, which reads no files yet.') %}
{% endmacro %}


{#
    One row per line of a raw table's text files that does not fit, found as the query
    runs. Where it is unclear at which line a record begins, the query fails with a
    sentence.
#}
{% macro malformed_lines_of(raw_table) %}
    {{ return(adapter.dispatch(
        'malformed_lines_of', 'customer_segmentation'
    )(raw_table)) }}
{% endmacro %}

{% macro default__malformed_lines_of(raw_table) %}
    select unnest(
        case when problem is not null then error(problem) else lines end,
        recursive := true
    )
    from (
        select unnest(from_json(
            malformed_lines('{{ tojson(raw_table) | replace("'", "''") }}'),
            '{
                "problem": "VARCHAR",
                "lines": [{
                    "file_path": "VARCHAR",
                    "line_number": "BIGINT",
                    "values_found": "BIGINT",
                    "values_expected": "BIGINT"
                }]
            }'
        ))
    ) as answers
{% endmacro %}

{% macro spark__malformed_lines_of(raw_table) %}
    {{ no_files_on_spark() }}
{% endmacro %}

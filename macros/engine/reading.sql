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

{#
    Spark reads a relation, or files that have types: parquet.`s3a://bucket/orders`. What
    finds out how text is to be read asks DuckDB.
#}
{% macro spark__found_input(raw_table) %}
    {% set place = raw_table['location'] %}
    {% if not place or raw_table['options'] %}
        {% do refuse(
            'var ' ~ ('csv_options' if place else 'crm_folder') ~ ' is set; expected vars '
            ~ 'crm_location and crm_locations alone with target spark, which reads '
            ~ 'relations and files of types, such as parquet.`folder/{name}`.'
        ) %}
    {% endif %}
    {% set columns = run_query('select * from ' ~ place ~ ' limit 0').column_names
        | map('lower') | list %}
    {{ return(found_columns(raw_table['table'], place, place, columns)) }}
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

{# What Spark reads has no lines. #}
{% macro spark__malformed_lines_of(raw_table) %}
    select
        cast(null as string) as file_path,
        cast(null as bigint) as line_number,
        cast(null as bigint) as values_found,
        cast(null as bigint) as values_expected
    where false
{% endmacro %}

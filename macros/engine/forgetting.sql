{#
    What deletes the rows of a table for which a condition is true, for a hook. A table of
    parquet files cannot: Spark writes the others anew, where there are rows to delete.
#}
{% macro forget_rows(relation, condition) %}
    {{ return(adapter.dispatch(
        'forget_rows', 'customer_segmentation'
    )(relation, condition)) }}
{% endmacro %}

{% macro default__forget_rows(relation, condition) %}
    {{ return('delete from ' ~ relation ~ ' where ' ~ condition) }}
{% endmacro %}

{% macro spark__forget_rows(relation, condition) %}
    {% set found = 'select 1 from ' ~ relation ~ ' where ' ~ condition ~ ' limit 1' %}
    {% if execute and run_query(found).rows | length %}
        {% do replace_table(
            relation,
            'select * from ' ~ relation ~ ' where (' ~ condition ~ ') is not true'
        ) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}


{#
    Spark reads a table as it is written only if both are not the same one, and nothing
    swaps two tables at once: from the drop on the new rows are in the table __next, and
    finish_replacements() gives it its name before the next build.
#}
{% macro replace_table(relation, query) %}
    {% set next = api.Relation.create(
        schema=relation.schema, identifier=relation.identifier ~ '__next', type='table'
    ) %}
    {% do run_query('drop table if exists ' ~ next) %}
    {% do run_query('create table ' ~ next ~ ' using parquet as ' ~ query) %}
    {% do run_query('drop table ' ~ relation) %}
    {% do run_query('alter table ' ~ next ~ ' rename to ' ~ relation) %}
{% endmacro %}


{# Go on where a build stopped while it replaced a table. #}
{% macro finish_replacements() %}
    {{ return(adapter.dispatch('finish_replacements', 'customer_segmentation')()) }}
{% endmacro %}

{# One transaction replaces a table. #}
{% macro default__finish_replacements() %}
{% endmacro %}

{% macro spark__finish_replacements() %}
    {% for name, node in our_nodes().items()
        if node.resource_type == 'snapshot' or node.config.materialized == 'incremental' %}
        {% set next = adapter.get_relation(none, node.schema, node.alias ~ '__next') %}
        {% if next is not none and is_there(name) %}
            {% do adapter.drop_relation(next) %}
        {% elif next is not none %}
            {% do run_query(
                'alter table ' ~ next ~ ' rename to ' ~ our_relation(name)
            ) %}
            {% do adapter.cache_renamed(next, our_relation(name)) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#
    The adapter of Spark has snapshots for Delta, Iceberg and Hudi alone. A table of
    parquet files is written anew: rows that ended, and those that begin.
#}
{% materialization snapshot, adapter='spark' %}
    {% if config.get('file_format') in ['delta', 'iceberg', 'hudi'] %}
        {{ return(dbt.materialization_snapshot_spark()) }}
    {% endif %}
    {% set is_there, relation = get_or_create_relation(
        database=none, schema=model.schema, identifier=model.alias, type='table'
    ) %}
    {{ run_hooks(pre_hooks) }}
    {% set strategy = strategy_dispatch(config.get('strategy'))(
        model, 'snapshotted_data', 'source_data', model.config, is_there
    ) %}
    {% if is_there %}
        {% call statement('main') %}
            select 1
        {% endcall %}
        {% do replace_table(
            relation, with_changes(relation, snapshot_staging_table(strategy, sql, relation))
        ) %}
    {% else %}
        {% call statement('main') %}
            {{ create_table_as(
                false, relation, build_snapshot_table(strategy, model.compiled_code)
            ) }}
        {% endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{# All rows of a snapshot once its changes, as dbt stages them, are in it. #}
{% macro with_changes(relation, changes) %}
    {% set columns = columns_of(relation) %}
    with changes as (

        {{ changes }}

    ),

    ended as (

        select dbt_scd_id, dbt_valid_to from changes
        where dbt_change_type in ('update', 'delete')

    )

    select
        {%- for column in columns %}
        {% if column == 'dbt_valid_to' -%}
        coalesce(known.dbt_valid_to, ended.dbt_valid_to) as dbt_valid_to
        {%- else -%}
        known.{{ column }}
        {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as known
    left join ended on known.dbt_scd_id = ended.dbt_scd_id
    union all
    select {{ columns | join(', ') }} from changes
    where dbt_change_type = 'insert'
{% endmacro %}

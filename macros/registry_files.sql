{#
    Write the registry as parquet files into a folder, so that another warehouse, of this
    engine or of the other one, scores by the versions that were fitted here:

        dbt run-operation export_registry --args '{folder: build/registry}'
        dbt run-operation import_registry --args '{folder: build/registry}' --target spark
#}
{% macro export_registry(folder=none) %}
    {% do refuse(problem_with_registry_folder('export_registry', folder)) %}
    {% if not is_there('segmentation_registry') %}
        {% do refuse('this warehouse has no segmentation_registry; expected one that dbt '
            ~ 'build made.') %}
    {% endif %}
    {% do run_query(parquet_written(our_relation('segmentation_registry'), folder)) %}
    {% do log('Wrote the registry to ' ~ folder ~ '.', info=true) %}
{% endmacro %}


{#
    Read such files into a warehouse that has no registry: one is only ever added to. The
    next build fits a version only where one is due by its own vars and customers.
#}
{% macro import_registry(folder=none) %}
    {% do refuse(problem_with_registry_folder('import_registry', folder)) %}
    {% if is_there('segmentation_registry') %}
        {% do refuse('this warehouse has a segmentation_registry; expected none, because '
            ~ 'versions of two registries have the same numbers.') %}
    {% endif %}
    {% set registry = our_relation('segmentation_registry') %}
    {% do adapter.create_schema(registry) %}
    {% do run_query(table_of_parquet(registry, folder)) %}
    {% do commit_operation() %}
    {% do log('Read the registry from ' ~ folder ~ '.', info=true) %}
{% endmacro %}


{% macro problem_with_registry_folder(operation, folder) %}
    {% if folder is not string or "'" in folder or '`' in folder %}
        {{ return(operation ~ ' got folder ' ~ shown(folder)
            ~ '; expected the path of one, such as build/registry.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

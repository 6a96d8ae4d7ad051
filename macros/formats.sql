{#
    The format of what no build can make again: the registry, the history and the log of
    builds. It is counted up when a build could not go on with what the version before
    wrote; carry_over() then takes that over. 1: segmentations had no name.
#}
{% macro data_format() %}
    {{ return(2) }}
{% endmacro %}


{# The columns without which those tables cannot be carried over. #}
{% macro carried_columns() %}
    {{ return({
        'segmentation_registry': [
            'segmentation_version', 'segment_id', 'feature_name', 'unit_number',
            'parameter', 'number_value', 'text_value'
        ],
        'customer_segment_snapshot': [
            'customer_id', 'segment_id', 'segmentation_version', 'observation_date',
            'dbt_scd_id', 'dbt_updated_at', 'dbt_valid_from', 'dbt_valid_to'
        ],
        'segment_name_snapshot': [
            'segmentation_version', 'segment_id', 'segment_name', 'dbt_scd_id',
            'dbt_updated_at', 'dbt_valid_from', 'dbt_valid_to'
        ],
        'int_segments_before_history': [
            'customer_id', 'segment_id', 'segmentation_version', 'observation_date'
        ]
    }) }}
{% endmacro %}


{# Stops before anything is changed in a warehouse that this version cannot go on with. #}
{% macro check_format() %}
    {% if not execute %}
        {{ return('') }}
    {% endif %}
    {% do refuse(problem_with_format()) %}
    {% for name in carried_columns() %}
        {% set relation = carried_relation(name) %}
        {% set columns = columns_of(relation) %}
        {% if columns %}
            {% do refuse(problem_with_columns(name, relation, columns)) %}
            {% if name == 'segmentation_registry' %}
                {% do refuse(problem_with_registry(relation)) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% do complete_build_log() %}
{% endmacro %}


{# The log of before lacks columns that came later. #}
{% macro complete_build_log() %}
    {% set build_log = our_relation('int_build_log') %}
    {% set present = columns_of(build_log) %}
    {% for name, type in build_log_columns().items() if present and name not in present %}
        {% do run_query(
            'alter table ' ~ build_log ~ ' add column ' ~ name ~ ' ' ~ type
        ) %}
    {% endfor %}
{% endmacro %}


{# Where a table is, or was in a warehouse that had everything in the target schema. #}
{% macro carried_relation(name) %}
    {% if not is_package() and is_former_warehouse() %}
        {% for former_name, present_name in kept_tables().items()
            if present_name == name %}
            {{ return(api.Relation.create(
                database=target.database or none, schema=target.schema, identifier=former_name
            )) }}
        {% endfor %}
    {% endif %}
    {{ return(our_relation(name)) }}
{% endmacro %}

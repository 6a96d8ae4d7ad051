{#
    What no build can make again of the time before a segmentation had a name is of the one
    that there was: the rows get its name.
#}
{% macro add_segmentation_name(nodes) %}
    {% for name in [
        'segmentation_registry', 'customer_segment_snapshot', 'int_segments_before_history'
    ] %}
        {% set node = nodes[name] %}
        {% set relation = adapter.get_relation(node.database, node.schema, node.alias) %}
        {% if relation is not none and not has_segmentation_name(relation) %}
            {% do run_query(
                'create or replace table ' ~ relation ~ " as select '"
                ~ segmentation_name() ~ "' as segmentation_name, * from " ~ relation
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{% macro has_segmentation_name(relation) %}
    {{ return('segmentation_name' in columns_of(relation)) }}
{% endmacro %}

{#
    Lists the relations that may hold names, addresses or birth dates, one a line: `dbt
    run-operation list_personal_data`. They say so by `meta: {contains_personal_data:
    true}`, and a test searches all others.
#}
{% macro list_personal_data() %}
    {% for relation in personal_data_relations() %}
        {% do print(relation) %}
    {% endfor %}
{% endmacro %}


{# Schema and name of each of them, in order. #}
{% macro personal_data_relations() %}
    {% set relations = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() | list + graph.sources.values() | list
            if node.package_name == 'customer_segmentation'
            and node.config.get('meta', {}).get('contains_personal_data') %}
            {% do relations.append(
                node.schema ~ '.' ~ (node.get('identifier') or node.alias)
            ) %}
        {% endfor %}
    {% endif %}
    {{ return(relations | sort) }}
{% endmacro %}

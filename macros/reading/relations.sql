{#
    The raw tables of the source system crm that are relations of a dbt project: var
    segmentation_<table> holds a ref(), a source() or the name of one. Whether a var is
    set is asked without reading it: reading makes its ref() a parent of the model that
    asks.
#}
{% macro tables_of_relations(table_names=none) %}
    {% set tables = [] %}
    {% for name in table_names or raw_table_contract() | list
        if var.has_var('segmentation_' ~ name) %}
        {% do tables.append(name) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{#
    What such a var holds. Only while it is read a ref() of one argument is the host's, who
    means a model of its own.
#}
{% macro relation_in_var(name) %}
    {% do context.update({'reads_var': name}) %}
    {% set place = var(name, 'nowhere') %}
    {% do context.update({'reads_var': none}) %}
    {{ return(place) }}
{% endmacro %}


{# The relation that a name is of; none where there is none. #}
{% macro relation_at(place) %}
    {% set parts = place.split('.') | map('replace', '"', '') | list %}
    {{ return(adapter.get_relation(
        parts[-3] if parts | length > 2 else target.database,
        parts[-2] if parts | length > 1 else target.schema,
        parts[-1]
    )) }}
{% endmacro %}


{# The answer of found_input() for such a raw table. #}
{% macro found_relation(table_name) %}
    {% set place = relation_in_var('segmentation_' ~ table_name) %}
    {% set relation = relation_at(place) %}
    {% if relation is none %}
        {{ return({'absence': 'no relation ' ~ place, 'problem': none, 'columns': []}) }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(relation)
        | map(attribute='name') | map('lower') | list %}
    {{ return(found_columns(table_name, place, relation, columns)) }}
{% endmacro %}


{# The answer of found_input() for a raw table that is at `place` and has `columns`. #}
{% macro found_columns(table_name, place, relation, columns) %}
    {% set selected = [] %}
    {% set absent = [] %}
    {% for name in raw_table_contract()[table_name]['columns'] %}
        {% set name_there = names_in_file(table_name, [name])[0] %}
        {% if name_there in columns %}
            {% do selected.append(adapter.quote(name_there) ~ ' as ' ~ name) %}
        {% else %}
            {% do absent.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return({
        'absence': none,
        'problem': none,
        'place': place,
        'relation': '(select ' ~ selected | join(', ') ~ ' from ' ~ relation ~ ')',
        'columns': columns,
        'absent': absent,
        'notes': []
    }) }}
{% endmacro %}

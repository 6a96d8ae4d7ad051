{#
    What a condition in SQL is made of, as the engine reads it: `kind` of the whole,
    `kinds` of all its parts and the `columns` it names, each in small letters; none where
    it is not one condition. The kinds are those of DuckDB.
#}
{% macro parts_of_condition(condition) %}
    {{ return(adapter.dispatch(
        'parts_of_condition', 'customer_segmentation'
    )(condition)) }}
{% endmacro %}

{% macro default__parts_of_condition(condition) %}
    {% set trees = [] %}
    {% for text in ['true', condition] %}
        {% set query = "select * from customers where (" ~ text ~ "\n)" %}
        {% do trees.append(fromjson(run_query(
            "select json_serialize_sql('" ~ query | replace("'", "''") ~ "')"
        ).columns[0].values()[0])) %}
    {% endfor %}
    {% if trees[1]['error'] or trees[1]['statements'] | length != 1 %}
        {{ return(none) }}
    {% endif %}
    {# Beside the condition the query is as it is with `true`: nothing was added to it. #}
    {% set nodes = trees | map(attribute='statements') | map('first')
        | map(attribute='node') | list %}
    {% set wholes = [] %}
    {% for node in nodes %}
        {% do wholes.append(node.pop('where_clause', none)) %}
    {% endfor %}
    {% if nodes[0] != nodes[1] %}
        {{ return(none) }}
    {% endif %}
    {% set text = tojson(wholes[1]) %}
    {% set columns = [] %}
    {% for names in modules.re.findall('"column_names": (\[.*?\])', text) %}
        {% do columns.append(fromjson(names) | join('.') | lower) %}
    {% endfor %}
    {{ return({
        'kind': wholes[1]['class'],
        'kinds': modules.re.findall('"class": "([A-Z_]+)"', text),
        'columns': columns
    }) }}
{% endmacro %}

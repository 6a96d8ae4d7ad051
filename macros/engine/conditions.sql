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


{# DuckDB gives its parse tree; Spark has no function for it. #}
{% macro spark__parts_of_condition(condition) %}
    {% do refuse('a filter of var segmentations is ' ~ shown(condition)
        ~ '; expected none with target spark, where no filter is checked yet.') %}
{% endmacro %}


{#
    Why the engine cannot ask a condition of columns of these SQL types, as the end of
    `which`; none if it can.
#}
{% macro fault_of_condition(condition, types) %}
    {{ return(adapter.dispatch(
        'fault_of_condition', 'customer_segmentation'
    )(condition, types)) }}
{% endmacro %}

{% macro default__fault_of_condition(condition, types) %}
    {% set columns = [] %}
    {% for name, type in types.items() %}
        {% do columns.append('cast(range as ' ~ type ~ ') as ' ~ name) %}
    {% endfor %}
    {% set query = 'select * from (select ' ~ columns | join(', ')
        ~ ' from range(1)) as customers where (' ~ condition ~ '\n)' %}
    {% set plan = fromjson(run_query(
        "select json_serialize_plan('" ~ query | replace("'", "''") ~ "')"
    ).columns[0].values()[0]) %}
    {% if plan['error'] %}
        {% set message = plan['error_message'].splitlines()[0] | replace(';', ',') %}
        {{ return('cannot be computed (' ~ message | truncate(120) ~ ')') }}
    {% endif %}
    {{ return(fault_of_casts(plan['plans'][0]['children'][0]['expressions'])) }}
{% endmacro %}

{#
    A cast of text in a query plan, which the engine would stop at in the first row that
    has a word: of a column it need not have, of a text in the condition it may.
#}
{% macro fault_of_casts(node) %}
    {% for part in (node.values() if node is mapping else node)
        if part is mapping or (part is sequence and part is not string) %}
        {% set fault = fault_of_casts(part) %}
        {% if fault is not none %}
            {{ return(fault) }}
        {% endif %}
    {% endfor %}
    {% if node is not mapping or node.get('type') != 'OPERATOR_CAST'
        or node['function_data']['try_cast'] %}
        {{ return(none) }}
    {% endif %}
    {% set child = node['children'][0] %}
    {% set constant = child.get('value') %}
    {% set type = node['return_type']['id'] %}
    {% if (constant['type'] if constant else child['return_type'])['id'] != 'VARCHAR'
        or type == 'VARCHAR' %}
        {{ return(none) }}
    {% elif constant and (constant['is_null'] or run_query(
        "select try_cast('" ~ constant['value'] | replace("'", "''") ~ "' as " ~ type
        ~ ') is not null'
    ).rows[0][0]) %}
        {{ return(none) }}
    {% endif %}
    {{ return('takes the text ' ~ (shown(constant['value']) if constant
        else child['alias'] or 'that it makes') ~ ' for ' ~ type | lower) }}
{% endmacro %}

{% macro spark__fault_of_condition(condition, types) %}
    {{ return(none) }}
{% endmacro %}

{#
    Features that the company computes itself: var custom_features says which there are,
    and var segmentation_custom_features in which relation.
#}

{# The columns that they become in customer_features: column -> SQL of its value. #}
{% macro custom_feature_columns() %}
    {% set columns = {} %}
    {% for feature in valid_var('custom_features') %}
        {% set name = feature['name'] %}
        {% if feature['kind'] == 'number' %}
            {% do columns.update({name: 'try_cast(' ~ name ~ ' as double)'}) %}
        {% else %}
            {% set word = custom_category(name) %}
            {% for category in feature['categories'] %}
                {% do columns.update({
                    name ~ '_is_' ~ category: 'cast(' ~ word ~ " = '" ~ category
                        ~ "' as int)"
                }) %}
            {% endfor %}
            {% do columns.update({
                name ~ '_is_other': 'cast(' ~ word ~ " not in ('"
                    ~ feature['categories'] | join("', '") ~ "') as int)"
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{# A category as var custom_features has it: North East is north_east. #}
{% macro custom_category(column) %}
    {{ return(regexp_replace_all(
        'lower(trim(cast(' ~ column ~ ' as string)))', '[^a-z0-9]+', '_'
    )) }}
{% endmacro %}


{# An id of the relation as the staged records of a source system have it. #}
{% macro custom_customer_id() -%}
    {{ published_id(parse_value('id', 'customer_id')) }}
{%- endmacro %}

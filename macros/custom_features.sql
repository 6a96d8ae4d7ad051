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


{# What is wrong with both vars beyond the rule of one, as a sentence. #}
{% macro problem_with_custom_features() %}
    {% set features = var('custom_features') %}
    {% set has_relation = var.has_var('segmentation_custom_features') %}
    {% if features and not has_relation %}
        {{ return('var custom_features is set, and var segmentation_custom_features is not; '
            ~ 'expected it to name the relation with these columns.') }}
    {% elif has_relation and not features %}
        {{ return('var segmentation_custom_features is set, and var custom_features is not; '
            ~ 'expected it to say which columns are features.') }}
    {% endif %}
    {% set known = [] %}
    {% for feature in features %}
        {% for name in [feature['name']] + feature.get('categories', {}) | list
            if not modules.re.fullmatch('[a-z][a-z0-9_]*', name) %}
            {{ return('var custom_features has the name ' ~ name
                ~ '; expected small letters, digits and _, a letter first.') }}
        {% endfor %}
    {% endfor %}
    {% for name in candidate_features() %}
        {% if name in known %}
            {{ return('var custom_features has the feature ' ~ name
                ~ ', which there is already; expected another name.') }}
        {% endif %}
        {% do known.append(name) %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{# What is wrong with the relation, as a sentence; none if it has all columns. #}
{% macro problem_with_custom_relation() %}
    {% set place = relation_in_var('segmentation_custom_features') %}
    {% set relation = relation_at(place) %}
    {% if relation is none %}
        {{ return('var segmentation_custom_features names ' ~ place
            ~ ', which is not there; expected a relation.') }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(relation)
        | map(attribute='name') | map('lower') | list %}
    {% set needed = ['customer_id', 'valid_from']
        + valid_var('custom_features') | map(attribute='name') | list %}
    {% set missing = needed | reject('in', columns) | list %}
    {% if missing %}
        {{ return('relation ' ~ place ~ ' of var segmentation_custom_features'
            ~ columns_in_words(columns) ~ '; expected also '
            ~ spoken(missing, 'and') ~ '.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

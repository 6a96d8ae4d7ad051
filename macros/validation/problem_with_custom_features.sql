{#
    What is wrong with both vars of features of one's own beyond the rule of one, as a
    sentence. What customer_features has beside features is known once dbt has parsed.
#}
{% macro problem_with_custom_features() %}
    {% set features = var('custom_features') %}
    {% set relation_var = 'var segmentation_custom_features' %}
    {% set has_relation = var.has_var('segmentation_custom_features') %}
    {% if features and not has_relation %}
        {{ return('var custom_features is set, and ' ~ relation_var ~ ' is not; '
            ~ 'expected it to name the relation with these columns.') }}
    {% elif has_relation and not features %}
        {{ return(relation_var ~ ' is set, and var custom_features is not; '
            ~ 'expected it to say which columns are features.') }}
    {% elif not features %}
        {{ return(none) }}
    {% endif %}
    {% for feature in features %}
        {% if 'other' in feature.get('categories', {}) %}
            {{ return(feature['name'] ~ ' in var custom_features has the category other; '
                ~ 'expected it left out, for all that are not listed are in '
                ~ feature['name'] ~ '_is_other.') }}
        {% endif %}
        {% for name in [feature['name']] + feature.get('categories', {}) | list
            if not modules.re.fullmatch('[a-z][a-z0-9_]*', name) %}
            {{ return('var custom_features has the name ' ~ name
                ~ '; expected small letters, digits and _, a letter first.') }}
        {% endfor %}
    {% endfor %}
    {% for feature in features if execute and feature['name'] in reserved_words() %}
        {{ return('var custom_features has the name ' ~ feature['name']
            ~ ', which is a word of SQL; expected another name, for the column as well.') }}
    {% endfor %}
    {% set known = filter_attributes() + (
        our_nodes()['customer_features'].columns | list if execute else []
    ) %}
    {% for name in custom_feature_columns()
        if name in known or candidate_features().count(name) > 1 %}
        {{ return('var custom_features has the feature ' ~ name
            ~ ', which there is already; expected another name.') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{#
    What is wrong with the relation of them, as a sentence; none if it has all columns,
    values that can be read and, where there are customers, an id of one. `ids` are the
    relations of the ids that a customer has or had.
#}
{% macro problem_with_custom_relation(ids) %}
    {% set place = relation_in_var('segmentation_custom_features') %}
    {% set relation = relation_at(place) %}
    {% if relation is none %}
        {{ return('var segmentation_custom_features names ' ~ place
            ~ ', which is not there; expected a relation.') }}
    {% endif %}
    {% set subject = 'relation ' ~ place ~ ' of var segmentation_custom_features' %}
    {% set columns = adapter.get_columns_in_relation(relation)
        | map(attribute='name') | map('lower') | list %}
    {% set needed = ['customer_id', 'valid_from']
        + valid_var('custom_features') | map(attribute='name') | list %}
    {% set missing = needed | reject('in', columns) | list %}
    {% if missing %}
        {{ return(subject ~ columns_in_words(columns) ~ '; expected also '
            ~ spoken(missing, 'and') ~ '.') }}
    {% endif %}
    {{ return(problem_with_custom_values(subject, relation)
        or problem_with_custom_ids(subject, relation, ids)) }}
{% endmacro %}


{% macro problem_with_custom_values(subject, relation) %}
    {% set values = {'valid_from': parse_value('timestamp', 'valid_from')} %}
    {% for feature in valid_var('custom_features') if feature['kind'] == 'number' %}
        {% set name = feature['name'] %}
        {% do values.update({name: custom_feature_columns()[name]}) %}
    {% endfor %}
    {% for column, value in values.items() %}
        {% set present, readable = run_query(
            'select count(' ~ column ~ '), count(' ~ value ~ ') from ' ~ relation
        ).rows[0] %}
        {% if readable < present %}
            {{ return(subject ~ ' has ' ~ (present - readable) ~ ' of ' ~ present
                ~ ' values of ' ~ column ~ ' that cannot be read; expected '
                ~ ('times' if column == 'valid_from' else 'numbers') ~ ' or none.') }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro problem_with_custom_ids(subject, relation, ids) %}
    {% set queries = [] %}
    {% for known in ids %}
        {% do queries.append('select customer_id from ' ~ known) %}
    {% endfor %}
    {% set recorded, known, customers = run_query(
        'with recorded as (select ' ~ custom_customer_id() ~ ' as customer_id from '
        ~ relation ~ '), known as (' ~ queries | join(' union ') ~ ')'
        ~ ' select (select count(*) from recorded), (select count(*) from recorded'
        ~ ' semi join known on recorded.customer_id = known.customer_id)'
        ~ ', (select count(*) from known)'
    ).rows[0] %}
    {% if recorded and customers and not known %}
        {{ return(subject ~ ' has no customer_id of a customer; expected ids as table '
            ~ 'customer_segments has them'
            ~ (', with the source system before them, such as '
                ~ valid_var('source_systems')[0] ~ ':1001'
                if unprefixed_system() is none else '') ~ '.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

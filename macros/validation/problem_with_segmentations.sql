{# What is wrong with var segmentations beyond its rule, as a sentence, or none. #}
{% macro problem_with_segmentations(entries) %}
    {% set names = entries | map(attribute='name') | list %}
    {% if segmentation_name() not in names %}
        {{ return('var segmentations has no entry ' ~ segmentation_name()
            ~ '; expected one: table customer_segments holds it.') }}
    {% endif %}
    {% for entry in entries %}
        {% if not modules.re.fullmatch('[a-z][a-z0-9_]*', entry['name']) %}
            {{ return('var segmentations has the name ' ~ shown(entry['name'])
                ~ '; expected small letters, digits and _, a letter first.') }}
        {% elif entry['name'] == segmentation_name() and entry | length > 1 %}
            {% set field = entry | reject('equalto', 'name') | first %}
            {{ return(segmentation_name() ~ ' in var segmentations has the field '
                ~ field ~ '; expected its name alone: it has every customer, and the '
                ~ 'vars that are not in the list say what it is.') }}
        {% endif %}
        {% set problem = problem_with_filter(entry) %}
        {% if problem is not none %}
            {{ return(problem) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{#
    What is wrong with a filter, as a sentence; none if nothing is. It becomes part of a
    query, so that it must be one condition that asks nothing of other tables.
#}
{% macro problem_with_filter(entry) %}
    {% if 'filter' not in entry or not execute %}
        {{ return(none) }}
    {% endif %}
    {% set subject = 'filter of ' ~ entry['name'] ~ ' in var segmentations' %}
    {% set parts = parts_of_condition(entry['filter']) %}
    {% set known = filter_attributes() + candidate_features() %}
    {% set unknown = (parts or {}).get('columns', []) | reject('in', known) | list %}
    {% set marks = [';', '--', '/*'] | select('in', entry['filter']) | list %}
    {% if unknown %}
        {% set alike = most_alike(unknown[0], known) %}
        {{ return(subject ~ ' asks for the column ' ~ unknown[0] ~ '; expected '
            ~ ('perhaps ' ~ spoken(alike, 'or') if alike
                else 'a feature or ' ~ spoken(filter_attributes(), 'or')) ~ '.') }}
    {% elif marks or not parts or not parts['columns']
        or parts['kind'] in ['CONSTANT', 'CAST', 'COLUMN_REF']
        or parts['kinds'] | reject('in', [
            'BETWEEN', 'CASE', 'CAST', 'COLUMN_REF', 'COMPARISON', 'CONJUNCTION',
            'CONSTANT', 'FUNCTION', 'OPERATOR'
        ]) | list %}
        {{ return(subject ~ ' is ' ~ shown(entry['filter']) ~ '; expected one condition '
            ~ "on columns of a customer, such as country = 'DE', without queries, "
            ~ 'comments and semicolons.') }}
    {% endif %}
    {% set fault = fault_of_condition(entry['filter'], types_of_customers()) %}
    {% if fault is not none %}
        {{ return(subject ~ ' is ' ~ shown(entry['filter']) ~ ', which ' ~ fault
            ~ '; expected texts in quotes beside columns of text and numbers beside '
            ~ "others, such as country = 'DE' and age > 30.") }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# The SQL types of what a filter can ask: column -> type. #}
{% macro types_of_customers() %}
    {% set types = {} %}
    {% for name in filter_attributes() %}
        {% do types.update({
            name: 'boolean' if name == 'has_marketing_consent' else 'string'
        }) %}
    {% endfor %}
    {% set columns = our_nodes()['customer_features'].columns %}
    {% for name in candidate_features() %}
        {% do types.update({
            name: columns[name].data_type if name in columns else 'double'
        }) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{#
    Var segmentations lists the segmentations by what sets each apart from `default`,
    which the vars define.
#}

{# The fields of an entry, and the var that each stands for: as FIELDS in Python. #}
{% macro segmentation_fields() %}
    {{ return({
        'features': 'segmentation_features',
        'method': 'segmentation_method',
        'n_segments': 'n_segments',
        'refit': 'refit',
        'version': 'segmentation_version'
    }) }}
{% endmacro %}


{# In the order of the list. #}
{% macro segmentation_names() %}
    {{ return(valid_var('segmentations') | map(attribute='name') | list) }}
{% endmacro %}


{# What a macro returns for each of them, by name. #}
{% macro of_each_segmentation(macro) %}
    {% set values = {} %}
    {% for name in segmentation_names() %}
        {% do values.update({name: macro(name)}) %}
    {% endfor %}
    {{ return(values) }}
{% endmacro %}


{# What one of them is, all said: as its entry has it, or else as `default` is. #}
{% macro segmentation(name=none) %}
    {% set name = name or segmentation_name() %}
    {% set entries = valid_var('segmentations') | selectattr('name', 'equalto', name) %}
    {% set own = entries | first | default({}) %}
    {{ return({
        'name': name,
        'features': own['features'] if 'features' in own
            else valid_var('segmentation_features'),
        'n_segments': own['n_segments'] if 'n_segments' in own
            else valid_var('n_segments'),
        'version': var('segmentation_version') if name == segmentation_name()
            else own.get('version'),
        'filter': own.get('filter')
    }) }}
{% endmacro %}


{# Those that do not have every customer: name -> the condition on customers. #}
{% macro segmentation_filters() %}
    {% set filters = {} %}
    {% for entry in valid_var('segmentations') if 'filter' in entry %}
        {% do filters.update({entry['name']: entry['filter']}) %}
    {% endfor %}
    {{ return(filters) }}
{% endmacro %}


{# What a filter can ask of a customer beside the features; nothing that identifies one. #}
{% macro filter_attributes() %}
    {{ return(['gender', 'city', 'country', 'has_marketing_consent']) }}
{% endmacro %}


{# What is wrong with var segmentations beyond its rule, as a sentence; none if nothing. #}
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
    {{ return(none) }}
{% endmacro %}

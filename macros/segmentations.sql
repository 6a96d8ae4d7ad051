{#
    Var segmentations lists the segmentations by what sets each apart from `default`,
    which the vars define.
#}
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
            else own.get('version')
    }) }}
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
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

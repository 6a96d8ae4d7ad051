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


{# What a filter can ask of a customer beside the features: nothing that names one. #}
{% macro filter_attributes() %}
    {{ return(['gender', 'city', 'country', 'has_marketing_consent']) }}
{% endmacro %}

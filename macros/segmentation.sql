{#
    The features and segments of the version in use, read from the registry when the
    model that asks is compiled, which is after the registry was built. A pinned older
    version may have others than the vars say. Before the first fit the vars stand in.
#}
{% macro scored_features() %}
    {% set names = registry_values(
        'feature_name', "parameter = 'feature_number'", 'number_value'
    ) %}
    {% if names %}
        {{ return(names) }}
    {% endif %}
    {{ return(valid_var('segmentation_features') | map(attribute='name') | list) }}
{% endmacro %}


{% macro scored_segments() %}
    {% set segment_ids = registry_values(
        'segment_id', "parameter = 'training_customers'", 'segment_id'
    ) %}
    {% set n_segments = valid_var('n_segments') %}
    {% set k = valid_var('k_range')[0] if n_segments == 'auto' else n_segments %}
    {{ return(segment_ids or range(1, k + 1) | list) }}
{% endmacro %}


{% macro registry_values(column, condition, order_by) %}
    {% set registry = ref('segmentation_registry') %}
    {% if not execute or load_relation(registry) is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        'select ' ~ column ~ ' from ' ~ registry ~ ' where ' ~ condition
        ~ ' and segmentation_version = ' ~ version_in_use_query(registry)
        ~ ' order by ' ~ order_by
    ).columns[0].values() | list) }}
{% endmacro %}


{#
    The rules that explain the version in use, each with rule_number and predicate; none
    before the first fit.
#}
{% macro published_rules() %}
    {% set rules = [] %}
    {% set condition = "parameter = 'rule_predicate'" %}
    {% set numbers = registry_values('unit_number', condition, 'unit_number') %}
    {% set predicates = registry_values('text_value', condition, 'unit_number') %}
    {% for number in numbers %}
        {% do rules.append({
            'rule_number': number, 'predicate': predicates[loop.index0]
        }) %}
    {% endfor %}
    {{ return(rules) }}
{% endmacro %}


{# The version that scores: the pinned one, else the latest. #}
{% macro version_in_use_query(registry) -%}
    {%- if var('segmentation_version') is none -%}
        (select max(segmentation_version) from {{ registry }})
    {%- else -%}
        {{ var('segmentation_version') }}
    {%- endif -%}
{%- endmacro %}


{# A parameter of the registry as a column of its own, of type text or double. #}
{% macro registry_parameter(parameter, type='double') -%}
    max({{ 'text_value' if type == 'string' else 'number_value' }})
        filter (where parameter = '{{ parameter }}')
{%- endmacro %}


{#
    Whether more is on record of a customer in one relation than in another: what time
    alone never changes differs. Both have record_count and total_spend.
#}
{% macro has_new_records(before, after) -%}
    (
        {{ after }}.record_count <> {{ before }}.record_count
        or {{ after }}.total_spend <> {{ before }}.total_spend
    )
{%- endmacro %}


{#
    The features of which the version in use stored bins, each with how many bounds its
    bins have; the last bin is open, so there is one more.
#}
{% macro binned_features() %}
    {% set bounds = {} %}
    {% for feature in registry_values(
        'feature_name', "parameter = 'training_bin_count'", 'feature_name, unit_number'
    ) if feature in candidate_features() %}
        {# Missing values have a bin without a bound, and so has the last one. #}
        {% do bounds.update({feature: bounds.get(feature, -2) + 1}) %}
    {% endfor %}
    {{ return(bounds) }}
{% endmacro %}

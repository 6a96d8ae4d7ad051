{#
    The features and segments of the version in use of a segmentation, by default of
    `default`, read from the registry when the model that asks is compiled, which is after
    the registry was built. A pinned older version may have others than the vars say.
    Before the first fit the vars stand in.
#}
{% macro scored_features(name=none) %}
    {% set names = registry_values(
        'feature_name', "parameter = 'feature_number'", 'number_value', name
    ) %}
    {% if names %}
        {{ return(names) }}
    {% endif %}
    {{ return(segmentation(name)['features'] | map(attribute='name') | list) }}
{% endmacro %}


{# The segments in scoring order: of those that score alike the first wins. #}
{% macro scored_segments(name=none) %}
    {% set segment_ids = registry_values(
        'segment_id', "parameter = 'scoring_order'", 'number_value', name
    ) %}
    {% set n_segments = segmentation(name)['n_segments'] %}
    {% set k = valid_var('k_range')[0] if n_segments == 'auto' else n_segments %}
    {{ return(segment_ids or range(1, k + 1) | list) }}
{% endmacro %}


{% macro registry_values(column, condition, order_by, name=none) %}
    {{ return(
        registry_rows(column, condition, order_by, name) | map(attribute=0) | list
    ) }}
{% endmacro %}


{% macro registry_rows(columns, condition, order_by, name=none) %}
    {% set registry = ref('segmentation_registry') %}
    {% if not execute or load_relation(registry) is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        'select ' ~ columns ~ ' from (select *, ' ~ version_in_use()
        ~ ' as version_in_use from ' ~ registry ~ ') as versions where ' ~ condition
        ~ " and segmentation_name = '" ~ (name or segmentation_name())
        ~ "' and segmentation_version = version_in_use order by " ~ order_by
    ).rows | map('list') | list) }}
{% endmacro %}


{#
    The leaves by which the version in use scores, in the order in which they are tried.
    A scorer without leaves has one that holds everything.
#}
{% macro scored_leaves(name=none) %}
    {% set conditions = {} %}
    {% for number, feature, parameter, bound in registry_rows(
        'unit_number, feature_name, parameter, number_value',
        "parameter in ('leaf_lower', 'leaf_upper')",
        'unit_number, feature_name, parameter',
        name
    ) %}
        {% set operator = '>' if parameter == 'leaf_lower' else '<=' %}
        {% do conditions.setdefault(number, []).append(
            feature ~ '__compared ' ~ operator ~ ' ' ~ double_literal(bound)
        ) %}
    {% endfor %}
    {% set leaves = [] %}
    {% for number, segment_id, kind in registry_rows(
        'unit_number, segment_id, text_value',
        "parameter = 'leaf_kind'",
        'unit_number',
        name
    ) %}
        {% do leaves.append({
            'number': number,
            'segment_id': segment_id,
            'is_noise': 'true' if kind == 'noise' else 'false',
            'condition': conditions.get(number, ['true']) | join(' and ')
        }) %}
    {% endfor %}
    {% set everything = {
        'number': 1, 'segment_id': 1, 'is_noise': 'false', 'condition': 'true'
    } %}
    {{ return(leaves or [everything]) }}
{% endmacro %}


{#
    The network by which the version in use scores: the terms of each hidden unit, and
    those of each segment's output in scoring order. A scorer that is no network has no
    unit and gives 0 to every segment.
#}
{% macro scored_network(name=none) %}
    {% set units = {} %}
    {% set weights = {} %}
    {% for number, feature, parameter, weight in registry_rows(
        'unit_number, feature_name, parameter, number_value',
        "parameter in ('hidden_bias', 'hidden_weight')",
        'unit_number, parameter, feature_name',
        name
    ) %}
        {% if parameter == 'hidden_bias' %}
            {% do units.update({number: [double_literal(weight)]}) %}
        {% else %}
            {% do weights.setdefault(number, {}).update({feature: weight}) %}
        {% endif %}
    {% endfor %}
    {# In the order of the features, in which Python adds up too. #}
    {% set features = scored_features(name) %}
    {% for number, terms in units.items() %}
        {% for feature in features %}
            {% do terms.append(
                feature ~ ' * ' ~ double_literal(weights[number][feature])
            ) %}
        {% endfor %}
    {% endfor %}
    {% set outputs = {} %}
    {% for segment_id in scored_segments(name) %}
        {% do outputs.update({segment_id: ['0e0']}) %}
    {% endfor %}
    {% for segment_id, number, parameter, weight in registry_rows(
        'segment_id, unit_number, parameter, number_value',
        "parameter in ('output_bias', 'output_weight')",
        'segment_id, parameter, unit_number',
        name
    ) %}
        {% set factor = 'unit_' ~ number ~ ' * ' if parameter == 'output_weight' else '' %}
        {% do outputs[segment_id].append(factor ~ double_literal(weight)) %}
    {% endfor %}
    {# Lists: a unit test could not name a mapping by number. #}
    {% set network = {'units': [], 'outputs': []} %}
    {% for number, terms in units.items() %}
        {% do network.units.append({'number': number, 'terms': terms}) %}
    {% endfor %}
    {% for segment_id, terms in outputs.items() %}
        {% do network.outputs.append({'segment_id': segment_id, 'terms': terms}) %}
    {% endfor %}
    {{ return(network) }}
{% endmacro %}


{#
    A number as a literal of type double that is the number to the last bit: without an
    exponent it would be a decimal.
#}
{% macro double_literal(number) -%}
    {{ '%.17e' | format(number) }}
{%- endmacro %}


{#
    The rules that explain the version in use, each with its number and predicate; none
    before the first fit. They are of customers who have bought; rule 0 is of the others.
#}
{% macro published_rules() %}
    {% set apart = never_buyers_predicate() %}
    {% set rules = [] %}
    {% for number, predicate in registry_rows(
        'unit_number, text_value', "parameter = 'rule_predicate'", 'unit_number'
    ) %}
        {% do rules.append({
            'rule_number': number, 'predicate': 'not ' ~ apart ~ ' and ' ~ predicate
        }) %}
    {% endfor %}
    {% set first = {'rule_number': 0, 'predicate': apart} %}
    {{ return([first] + rules if rules else []) }}
{% endmacro %}


{#
    The segmentation whose rows a model takes where it can hold those of one only: every
    project has it, and the vars say what it is.
#}
{% macro segmentation_name() %}
    {{ return('default') }}
{% endmacro %}


{#
    The version that scores in a segmentation: the pinned one, else the latest. One that
    is no longer in var segmentations has none.
#}
{% macro version_in_use() -%}
    case segmentation_name
        {%- for name in segmentation_names() %}
        when '{{ name }}' then {{
            segmentation(name)['version']
            or 'max(segmentation_version) over (partition by segmentation_name)'
        }}
        {%- endfor %}
    end
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
    The features for which the version in use stored bins, each with the number of
    bounds; the last bin is open, so there is one more bin than bounds.
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

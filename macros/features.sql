{#
    Every feature a customer can be segmented by, in the order in which candidates are
    considered.
#}
{% macro candidate_features() %}
    {{ return([
        'recency_days',
        'order_count',
        'total_spend',
        'average_order_value',
        'trailing_order_count',
        'trailing_spend',
        'order_gap_days',
        'order_value_variation',
        'items_per_order',
        'discount_share',
        'visit_count',
        'trailing_visit_count',
        'conversion_rate',
        'review_count',
        'satisfaction',
        'loyalty',
        'lifetime_value',
        'tenure_days',
        'age',
        'income',
        'is_female',
        'is_male',
        'is_other_gender',
        'campaign_response_rate',
        'shrunk_response_rate'
    ] + custom_feature_columns() | list) }}
{% endmacro %}


{#
    The features that are known of every customer: counts and sums over no records are
    zero.
#}
{% macro always_known_features() %}
    {{ return([
        'order_count',
        'total_spend',
        'trailing_order_count',
        'trailing_spend',
        'visit_count',
        'trailing_visit_count',
        'review_count'
    ]) }}
{% endmacro %}


{#
    The features that grow by a day each day even where nothing happens. They always
    drift, so drift of them is no news.
#}
{% macro time_driven_features() %}
    {{ return(['recency_days', 'tenure_days']) }}
{% endmacro %}


{# A value in original units as it is clustered on; what scales it has a prefix. #}
{% macro scaled(value, prefix='') -%}
    (
        case {{ prefix }}transform
            when 'log1p' then sign({{ value }}) * ln(1 + abs({{ value }}))
            else {{ value }}
        end - {{ prefix }}center
    ) / {{ prefix }}scale * {{ prefix }}weight
{%- endmacro %}


{# A scaled value in original units. #}
{% macro unscaled(value) -%}
    {%- set unscaled = '(' ~ value ~ ' / nullif(weight, 0) * scale + center)' -%}
    case transform
        when 'log1p' then
            -- The exponential of more is no number.
            sign({{ unscaled }}) * (exp(least(abs({{ unscaled }}), 700)) - 1)
        else {{ unscaled }}
    end
{%- endmacro %}

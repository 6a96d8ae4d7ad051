{#
    A threshold as people read it: away from the customer's value, so that it stays true;
    days, counts and years are whole.
#}
{% macro readable_threshold(value, rounding) -%}
    case
        when feature_name in ('{{ whole_features() | join("', '") }}')
            then {{ rounding }}({{ value }})
        else {{ rounding }}({{ value }} * 1e4) / 1e4
    end
{%- endmacro %}


{# The features that are whole numbers. #}
{% macro whole_features() %}
    {{ return([
        'recency_days', 'order_count', 'trailing_order_count', 'visit_count',
        'trailing_visit_count', 'review_count', 'tenure_days', 'age', 'is_female',
        'is_male', 'is_other_gender'
    ]) }}
{% endmacro %}


{# Whether the other segment is as near where the feature alone has this value. #}
{% macro is_true_threshold(value) -%}
    {{ value }} between lowest_value and highest_value
    and {{ value }} >= coalesce(cap_lower, {{ value }})
    and {{ value }} <= coalesce(cap_upper, {{ value }})
    and score_difference
    + curvature * ({{ scaled(value) }} * {{ scaled(value) }} - scaled_value * scaled_value)
    + slope * ({{ scaled(value) }} - scaled_value) <= 1e-9
{%- endmacro %}

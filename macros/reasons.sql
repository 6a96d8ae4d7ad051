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


{# A value in original units as customer_feature_vectors scales it. #}
{% macro scaled(value) -%}
    (
        case transform
            when 'log1p' then sign({{ value }}) * ln(1 + abs({{ value }}))
            else {{ value }}
        end - center
    ) / scale * weight
{%- endmacro %}


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

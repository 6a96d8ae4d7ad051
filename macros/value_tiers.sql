{#
    The value of a row of customer_features, as the column `value_feature` says: see
    int_value_bases.
#}
{% macro customer_value(features, value_feature) -%}
    case {{ value_feature }}
        {%- for feature in ['trailing_spend', 'lifetime_value', 'total_spend'] %}
        when '{{ feature }}'
            then cast({{ features }}.{{ feature }} as decimal(18, 4))
        {%- endfor %}
    end
{%- endmacro %}

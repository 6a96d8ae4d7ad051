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


{#
    What each customer was worth on each of the dates `bases` and on the date before, as a
    CTE body; null where they were no customer then. Features are named where they are
    read: an engine keeps what is named once and read twice.
#}
{% macro valued_customers() %}
    select
        customers.observation_date,
        customers.customer_id,
        bases.previous_date,
        bases.value_feature,
        {{ customer_value('customers', 'bases.value_feature') }} as amount,
        {{ customer_value('previous', 'bases.value_feature') }} as previous_amount
    from {{ ref('customer_features') }} as customers
    inner join bases
        on customers.observation_date = bases.observation_date
    left join {{ ref('customer_features') }} as previous
        on bases.previous_date = previous.observation_date
            and customers.customer_id = previous.customer_id
{% endmacro %}

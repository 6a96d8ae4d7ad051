{#
    What a customer's value is on a date. Spend of the trailing window, the measure
    `value` of segment_evaluation, says little of customers who usually stay away for
    longer than that window: then it is what they are expected to spend. Where no source
    system has orders all that is known is a total.
#}
{% set has_orders = systems_with('orders') or systems_with('order_items') %}
{% set window_days = valid_var('outcome_window_days') %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}
    where frequency > 0

),

-- The median is above the window where more than half of the gaps are: a count, and no
-- list of all gaps in order.
gaps as (

    select
        observation_date,
        count(*) as repeat_buyers,
        count(*) filter (
            where round(recency_weeks * 7) > {{ window_days }} * frequency
        ) as longer_gaps
    from repeat_purchases
    group by observation_date

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,

        ---------- strings
        {% if has_orders %}
        case
            when gaps.longer_gaps * 2 > gaps.repeat_buyers then 'lifetime_value'
            else 'trailing_spend'
        end as value_feature,
        {% else %}
        'total_spend' as value_feature,
        {% endif %}

        ---------- numerics
        coalesce(gaps.repeat_buyers, 0) as repeat_buyers,
        coalesce(gaps.longer_gaps, 0) as longer_gaps,

        ---------- dates
        observation_dates.previous_date
    from observation_dates
    left join gaps
        on observation_dates.observation_date = gaps.observation_date

)

select * from final

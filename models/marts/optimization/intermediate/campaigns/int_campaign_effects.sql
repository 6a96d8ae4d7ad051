{% set differences = ['difference', 'difference_low', 'difference_high'] %}

with

intervals as (

    select * from {{ ref('int_campaign_intervals') }}

),

balance as (

    select * from {{ ref('int_campaign_balance_tests') }}

),

-- Where no segment is shown to differ from others, what was measured over all customers
-- is the best guess for each.
judged as (

    select
        *,
        {%- for column in differences %}
        case
            when difference is null or is_overall or coalesce(is_heterogeneous, true)
                then {{ column }}
            else max(case when is_overall then {{ column }} end) over outcomes
        end as expected_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from intervals
    window outcomes as (partition by campaign_id, outcome)

),

final as (

    select
        ---------- ids
        judged.campaign_id,
        judged.segment_id,

        ---------- strings
        judged.outcome,
        judged.estimate_missing_reason,

        ---------- numerics
        judged.treated_customers as customers_treated,
        judged.control_customers as customers_control,
        judged.customers - judged.treated_customers - judged.control_customers
            as customers_excluded,
        judged.customers_without_segment,
        judged.treated_estimate,
        judged.control_estimate,
        {%- for column in differences %}
        judged.{{ column }},
        judged.cuped_{{ column }},
        {%- endfor %}
        {{ published_p_value('judged.p_value') }} as p_value,
        {{ published_p_value('judged.adjusted_p_value') }} as adjusted_p_value,
        {{ published_p_value('judged.heterogeneity_p_value') }}
            as heterogeneity_p_value,
        {%- for column in differences %}
        judged.expected_{{ column }},
        {%- endfor %}
        judged.cost_per_customer,
        {%- for column in [
            'segment_balance_p_value', 'spend_before_p_value', 'control_share_p_value'
        ] %}
        case
            when judged.is_overall then {{ published_p_value('balance.' ~ column) }}
        end as {{ column }},
        {%- endfor %}
        case when judged.is_overall then round(balance.spend_before_difference, 6) end
            as spend_before_difference,

        ---------- booleans
        judged.is_overall,
        balance.is_balanced,
        judged.is_heterogeneous,
        judged.adjusted_p_value < 1 - {{ var('confidence_level') }}
            as is_significant,
        judged.is_large_enough
        -- Without width an interval says that all were alike, not that it is certain.
        and coalesce(judged.difference_low < judged.difference_high, false)
        and coalesce(balance.is_balanced, true) as is_reliable,

        ---------- dates
        judged.first_contacted_on,
        judged.last_contacted_on
    from judged
    left join balance
        on judged.campaign_id = balance.campaign_id

)

select * from final

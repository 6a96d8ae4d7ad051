{#
    Money follows from a measure by an identity, over the horizon that goes with it in
    macros/measures.sql. A measure without an identity earns null.

    customers   the measure is money per customer x customers
    visits      converted visits per visit x visits x mean order value
    buyers      share of customers who buy again x what they spend
#}
with

scenarios as (

    select
        *,
        {{ money_identity_of_measure() }} as money_identity,
        {{ money_horizon_of_measure() }} as horizon_days
    from {{ ref('segment_scenarios') }}

),

totals as (

    select * from {{ ref('int_segment_measure_totals') }}
    where not is_overall

),

spend as (

    select * from {{ ref('segment_evaluation') }}
    where measure = 'value' and evaluation_window = 'observed'

),

-- A rise of the share of customers who buy raises their spend in the same proportion;
-- they cannot be more than all customers. The other measures are worth an amount per
-- unit.
priced as (

    select
        scenarios.*,
        case scenarios.money_identity
            when 'customers' then scenarios.customers_affected
            when 'visits' then totals.trailing_visits * totals.mean_order_value
        end as revenue_per_unit,
        case
            when scenarios.money_identity <> 'buyers' or scenarios.target is null
                then null
            when totals.trailing_buyers = 0 then 0
            else least(
                scenarios.assumed_uplift,
                cast(totals.customers as double) / totals.trailing_buyers - 1
            )
        end as rise_of_buyers,
        spend.estimate as spend,
        case
            when spend.ci_low is not null then greatest(spend.ci_low, 0)
        end as spend_low,
        spend.ci_high as spend_high
    from scenarios
    left join totals
        on scenarios.observation_date = totals.observation_date
            and scenarios.segment_id = totals.segment_id
    left join spend
        on scenarios.observation_date = spend.observation_date
            and scenarios.segment_id = spend.segment_id

),

explained as (

    select
        *,
        case
            when target_missing_reason is not null then target_missing_reason
            when money_identity = 'none' then 'no_money_identity'
            when money_identity = 'buyers' and spend is null then 'no_baseline'
            when money_identity = 'buyers' and spend < 0 then 'negative_baseline'
            when money_identity <> 'buyers' and revenue_per_unit is null
                then 'no_order_value'
        end as roi_missing_reason
    from priced

),

earned as (

    select
        *,
        {%- for suffix in ['', '_low', '_high'] %}
        case
            when roi_missing_reason is not null then null
            when money_identity = 'buyers'
                then rise_of_buyers * spend{{ suffix }} * customers_affected
            else increment{{ suffix }} * revenue_per_unit
        end as revenue{{ suffix }},
        {%- endfor %}
        customers_affected * cost_per_customer as cost
    from explained

),

final as (

    select
        ---------- ids
        scenario,
        segment_id,
        measure,
        segmentation_version,
        campaign_id,

        ---------- strings
        segment_name,
        evidence,
        source,
        roi_missing_reason,

        ---------- numerics
        assumed_uplift,
        round(increment / case when baseline > 0 then baseline end, 4) as uplift,
        baseline,
        target,
        customers_affected,
        horizon_days,
        cast(round(revenue, 2) as decimal(18, 4)) as incremental_revenue,
        -- A fall has its larger size at the other end.
        cast(round(least(revenue_low, revenue_high), 2) as decimal(18, 4))
            as incremental_revenue_low,
        cast(round(greatest(revenue_low, revenue_high), 2) as decimal(18, 4))
            as incremental_revenue_high,
        cast(round(revenue * {{ var('margin_rate') }}, 2) as decimal(18, 4))
            as incremental_margin,
        cost_per_customer,
        cast(round(cost, 2) as decimal(18, 4)) as cost,
        cast(round(revenue * {{ var('margin_rate') }} - cost, 2) as decimal(18, 4))
            as net_benefit,
        round((revenue * {{ var('margin_rate') }} - cost) / nullif(cost, 0), 6)
            as roi,

        ---------- booleans
        is_reliable,

        ---------- dates
        observation_date
    from earned

)

select * from final

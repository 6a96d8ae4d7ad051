{#
    Money follows from a measure by an identity, over the horizon that goes with it in
    macros/measures.sql. A measure without an identity earns null.

    customers   the measure is money per customer x customers
    visits      converted visits per visit x visits x mean order value
    buyers      share of former buyers who come back x former buyers x one order of the
                mean order value
#}
with

scenarios as (

    select
        *,
        {{ money_identity_of_measure() }} as money_identity,
        {{ money_horizon_of_measure() }} as horizon_days
    from {{ ref('int_scenario_targets') }}

),

totals as (

    select * from {{ ref('int_segment_measure_totals') }}
    where not is_overall
        and segmentation_name = '{{ segmentation_name() }}'

),

priced as (

    select
        scenarios.*,
        scenarios.customers_affected * scenarios.units_per_customer
        * case scenarios.money_identity
            when 'customers' then 1
            else totals.mean_order_value
        end as revenue_per_unit,
        scenarios.customers_affected * scenarios.cost_per_customer as cost
    from scenarios
    left join totals
        on scenarios.observation_date = totals.observation_date
            and scenarios.segment_id = totals.segment_id

),

earned as (

    select
        *,
        {%- for suffix in ['', '_low', '_high'] %}
        case
            when money_identity <> 'none' then increment{{ suffix }} * revenue_per_unit
        end as revenue{{ suffix }},
        {%- endfor %}
        case
            when target_missing_reason is not null then target_missing_reason
            when money_identity = 'none' then 'no_money_identity'
            when revenue_per_unit is null then 'no_order_value'
        end as roi_missing_reason
    from priced

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
        baseline_window,
        roi_missing_reason,

        ---------- numerics
        assumed_uplift,
        round(increment / case when baseline > 0 then baseline end, 4) as uplift,
        baseline,
        season_factor,
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
        baseline_holds,

        ---------- dates
        observation_date
    from earned

)

select * from final

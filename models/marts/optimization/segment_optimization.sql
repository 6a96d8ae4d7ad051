with

returns as (

    select * from {{ ref('int_scenario_returns') }}

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
        uplift,
        baseline,
        season_factor,
        target,
        customers_affected,
        horizon_days,
        incremental_revenue,
        incremental_revenue_low,
        incremental_revenue_high,
        incremental_margin,
        cost_per_customer,
        cost,
        net_benefit,
        roi,

        ---------- booleans
        is_reliable,
        baseline_holds,

        ---------- dates
        observation_date
    from returns

)

select * from final

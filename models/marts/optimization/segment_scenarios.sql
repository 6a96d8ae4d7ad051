with

targets as (

    select * from {{ ref('int_scenario_targets') }}

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
        target_missing_reason,

        ---------- numerics
        assumed_uplift,
        baseline,
        season_factor,
        target,
        increment,
        increment_low,
        increment_high,
        customers_affected,
        units_per_customer,
        cost_per_customer,

        ---------- booleans
        is_reliable,
        baseline_holds,

        ---------- dates
        baseline_start_date,
        baseline_end_date,
        observation_date
    from targets

)

select * from final

{#
    Each scenario of each segment in use: its baseline, and what is assumed or was
    measured. An experiment replaces the assumption, whatever it found.

    value        the difference in spend per customer
    conversion   the difference in the share of customers who buy; each buyer more
                 counts as one more visit that converts
#}
with

scenarios as (

    select * from {{ ref('optimization_scenarios') }}

),

segments as (

    select * from {{ ref('int_segment_reach') }}

),

baselines as (

    select * from {{ ref('int_scenario_baselines') }}

),

effects as (

    select * from {{ ref('int_segment_measured_effects') }}

),

final as (

    select
        ---------- ids
        scenarios.scenario,
        segments.segment_id,
        scenarios.measure,
        segments.segmentation_version,
        effects.campaign_id,

        ---------- strings
        segments.segment_name,
        coalesce(effects.source, scenarios.source) as source,
        baselines.baseline_window,
        case
            when effects.campaign_id is not null
                and baselines.money_identity = 'visits'
                and coalesce(baselines.units_per_customer, 0) = 0 then 'no_visits'
            when baselines.baseline is null then 'no_baseline'
            when effects.campaign_id is null and baselines.baseline < 0
                then 'negative_baseline'
        end as target_missing_reason,

        ---------- numerics
        scenarios.uplift as assumed_uplift,
        baselines.baseline,
        baselines.baseline_low,
        baselines.baseline_high,
        baselines.season_factor,
        baselines.units_per_customer,
        -- A difference is one per customer, a measure may be one per visit.
        {%- for column in ['difference', 'difference_low', 'difference_high'] %}
        effects.{{ column }} / nullif(baselines.units_per_customer, 0) as {{ column }},
        {%- endfor %}
        segments.contactable_customers as customers_affected,
        coalesce(effects.cost_per_customer, scenarios.cost_per_customer)
            as cost_per_customer,

        ---------- booleans
        effects.campaign_id is not null or coalesce(baselines.is_reliable, false)
            as is_reliable,
        baselines.baseline_holds,

        ---------- dates
        baselines.baseline_start_date,
        baselines.baseline_end_date
    from scenarios
    inner join segments
        on scenarios.segment in ('all', cast(segments.segment_id as string))
    left join baselines
        on segments.segment_id = baselines.segment_id
            and scenarios.measure = baselines.measure
    left join effects
        on segments.segment_id = effects.segment_id
            and scenarios.measure = effects.measure

)

select * from final

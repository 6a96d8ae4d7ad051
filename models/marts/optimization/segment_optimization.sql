{#
    Money follows from a measure by an identity, over one window of the evaluation
    (lifetime value: over its horizon); satisfaction has none, so it earns null.
#}
with

scenarios as (

    select * from {{ ref('optimization_scenarios') }}

),

segments as (

    select * from {{ ref('segments') }}
    where is_in_use

),

evaluation as (

    select evaluation.*
    from {{ ref('segment_evaluation') }} as evaluation
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on evaluation.observation_date = observation_dates.observation_date
    where observation_dates.is_current
        and evaluation.evaluation_window = 'observed'

),

totals as (

    select totals.*
    from {{ ref('segment_measure_totals') }} as totals
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on totals.observation_date = observation_dates.observation_date
    where observation_dates.is_current
        and not totals.is_overall

),

planned as (

    select
        scenarios.scenario,
        scenarios.measure,
        scenarios.source,
        scenarios.uplift,
        scenarios.cost_per_customer,
        segments.segment_id,
        segments.segment_name,
        segments.segmentation_version,
        segments.customers,
        evaluation.observation_date,
        evaluation.estimate as baseline,
        evaluation.ci_low,
        evaluation.ci_high,
        evaluation.is_reliable,
        -- Rates end at 1 and ratings at 5; least() would take a missing value for none.
        case
            when evaluation.estimate is null then null
            when scenarios.measure = 'satisfaction'
                then least(evaluation.estimate * (1 + scenarios.uplift), 5)
            when scenarios.measure in ('loyalty', 'conversion')
                then least(evaluation.estimate * (1 + scenarios.uplift), 1)
            else evaluation.estimate * (1 + scenarios.uplift)
        end as target,
        totals.trailing_visits,
        totals.trailing_spend,
        totals.mean_order_value,
        totals.trailing_buyers / nullif(cast(totals.customers as double), 0)
            as buying_share
    from scenarios
    inner join segments
        on scenarios.segment in ('all', cast(segments.segment_id as string))
    left join evaluation
        on segments.segment_id = evaluation.segment_id
            and scenarios.measure = evaluation.measure
    left join totals
        on segments.segment_id = totals.segment_id

),

-- What one unit more of the measure earns in the whole segment.
priced as (

    select
        *,
        case measure
            when 'value' then customers
            when 'lifetime_value' then customers
            when 'conversion' then trailing_visits * mean_order_value
        end as revenue_per_unit,
        -- The share that buys again times what it spends; nobody buys more than all.
        case
            when measure = 'loyalty' and buying_share > 0
                then trailing_spend
                    * (least(buying_share * (1 + uplift), 1) / buying_share - 1)
            when measure = 'loyalty' then 0
        end as loyalty_revenue
    from planned

),

earned as (

    select
        *,
        coalesce((target - baseline) * revenue_per_unit, loyalty_revenue)
            as incremental_revenue,
        customers * cost_per_customer as cost
    from priced

),

final as (

    select
        ---------- ids
        scenario,
        segment_id,
        measure,
        segmentation_version,

        ---------- strings
        segment_name,
        'assumed' as evidence,
        source,

        ---------- numerics
        uplift,
        round(baseline, 6) as baseline,
        round(target, 6) as target,
        customers as customers_affected,
        cast(round(incremental_revenue, 2) as decimal(18, 4)) as incremental_revenue,
        cast(
            round(incremental_revenue * ci_low / nullif(baseline, 0), 2)
            as decimal(18, 4)
        ) as incremental_revenue_low,
        cast(
            round(incremental_revenue * ci_high / nullif(baseline, 0), 2)
            as decimal(18, 4)
        ) as incremental_revenue_high,
        cast(
            round(incremental_revenue * {{ var('margin_rate') }}, 2) as decimal(18, 4)
        ) as incremental_margin,
        cast(round(cost, 2) as decimal(18, 4)) as cost,
        cast(
            round(incremental_revenue * {{ var('margin_rate') }} - cost, 2)
            as decimal(18, 4)
        ) as net_return,
        round(
            (incremental_revenue * {{ var('margin_rate') }} - cost) / nullif(cost, 0), 6
        ) as return_on_cost,

        ---------- booleans
        coalesce(is_reliable, false) as is_reliable,

        ---------- dates
        observation_date
    from earned

)

select * from final

{#
    The scenario that a budget could go to in each segment, and the order of spending:
    what returns most on its cost comes first.
#}
{% set assumed_effects = valid_var('allocate_assumed_effects') %}

with

segments as (

    select * from {{ ref('int_segment_reach') }}

),

-- A budget is spent on what it returns within one window; the return of a year would
-- beat all others by its length.
comparable as (

    select
        *,
        row_number() over (
            partition by segment_id
            order by
                evidence = 'measured' desc,
                -- What costs nothing has no return on cost, and an endless one.
                coalesce(cost_per_customer = 0 and net_benefit > 0, false) desc,
                roi desc nulls last,
                net_benefit desc,
                scenario asc,
                measure asc
        ) as choice
    from {{ ref('int_scenario_returns') }}
    where horizon_days = {{ valid_var('outcome_window_days') }}
        and net_benefit is not null

),

-- Scenarios overlap, so each segment has one: the best of those that were measured, or
-- else of those that are assumed. An effect that is the same share of spend everywhere
-- orders segments by spend, whatever is done.
chosen as (

    select
        segments.segment_id,
        segments.segmentation_version,
        segments.segment_name,
        comparable.scenario,
        comparable.measure,
        comparable.evidence,
        case
            when comparable.scenario is null then 'no_known_return'
            when segments.contactable_customers = 0 then 'no_contactable_customers'
            {%- if not assumed_effects %}
            when comparable.evidence = 'assumed' then 'effect_not_measured'
            when comparable.baseline_holds is false then 'baseline_does_not_hold'
            {%- endif %}
            when comparable.net_benefit <= 0 then 'costs_more_than_it_earns'
        end as refusal_reason,
        segments.customers as segment_customers,
        segments.contactable_customers,
        comparable.cost_per_customer,
        comparable.roi,
        comparable.incremental_revenue,
        comparable.incremental_revenue_low,
        comparable.incremental_revenue_high,
        comparable.baseline_holds
    from segments
    left join comparable
        on segments.segment_id = comparable.segment_id
            and comparable.choice = 1

),

final as (

    select
        ---------- ids
        cast(row_number() over (
            order by
                refusal_reason is null desc,
                coalesce(cost_per_customer = 0, false) desc,
                roi desc nulls last,
                segment_id asc
        ) as bigint) as priority,
        segment_id,
        segmentation_version,

        ---------- strings
        segment_name,
        scenario,
        measure,
        evidence,
        refusal_reason,

        ---------- numerics
        segment_customers,
        contactable_customers,
        cost_per_customer,
        roi,
        incremental_revenue,
        incremental_revenue_low,
        incremental_revenue_high,

        ---------- booleans
        baseline_holds
    from chosen

)

select * from final

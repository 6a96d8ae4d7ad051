{#
    Customers of the segments that return most on their cost come first, as many as var
    campaign_budget pays for; the rest goes to the next segment where it still pays for
    a whole customer.
#}
{% set campaign_budget = valid_var('campaign_budget') %}

with recursive

optimization as (

    select * from {{ ref('segment_optimization') }}

),

segments as (

    select * from {{ ref('segments') }}
    where is_in_use

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
    from optimization
    where horizon_days = {{ valid_var('outcome_window_days') }}
        and net_benefit is not null

),

-- Scenarios overlap, so each segment has one: the best of those that were measured, or
-- else of those that are assumed.
ranked as (

    select
        segments.segment_id,
        segments.segment_name,
        segments.segmentation_version,
        segments.customers as segment_customers,
        comparable.scenario,
        comparable.measure,
        comparable.evidence,
        comparable.cost_per_customer,
        comparable.roi,
        comparable.incremental_revenue,
        comparable.incremental_revenue_low,
        comparable.incremental_revenue_high,
        coalesce(comparable.net_benefit > 0, false) as is_worth_it,
        row_number() over (
            order by
                coalesce(comparable.net_benefit > 0, false) desc,
                coalesce(comparable.cost_per_customer = 0, false) desc,
                comparable.roi desc nulls last,
                segments.segment_id asc
        ) as priority
    from segments
    left join comparable
        on segments.segment_id = comparable.segment_id
            and comparable.choice = 1

),

-- What a segment leaves is there for the next, so that each waits for the one before.
-- The quotient of decimals is a double: the nearest whole number, or the one below it
-- where that would cost more than there is. What costs nothing has no quotient, and
-- least() passes over it.
spent as (

    select
        cast(0 as bigint) as priority,
        cast(0 as bigint) as customers,
        cast({{ campaign_budget }} as decimal(18, 4)) as budget_left
    union all
    select
        priority,
        nearest - cast(nearest * cost_per_customer > budget_left as int) as customers,
        cast(budget_left - customers * cost_per_customer as decimal(18, 4))
            as budget_left
    from (
        select
            ranked.priority,
            coalesce(ranked.cost_per_customer, 0) as cost_per_customer,
            spent.budget_left,
            cast(
                case
                    when not ranked.is_worth_it then 0
                    else least(
                        round(
                            spent.budget_left / nullif(ranked.cost_per_customer, 0)
                        ),
                        ranked.segment_customers
                    )
                end as bigint
            ) as nearest
        from spent
        inner join ranked
            on spent.priority + 1 = ranked.priority
    ) as affordable

),

allocated as (

    select
        ranked.*,
        spent.customers,
        coalesce(spent.customers * ranked.cost_per_customer, 0) as cost,
        {%- for suffix in ['', '_low', '_high'] %}
        round(
            coalesce(
                ranked.incremental_revenue{{ suffix }} * {{ var('margin_rate') }}
                * spent.customers
                / nullif(cast(ranked.segment_customers as double), 0),
                0
            ),
            2
        ) as expected_margin{{ suffix }},
        {%- endfor %}
        case
            when ranked.scenario is null then 'no_known_return'
            when not ranked.is_worth_it then 'costs_more_than_it_earns'
            when spent.customers = ranked.segment_customers then 'funded'
            when spent.customers > 0 then 'partly_funded'
            else 'budget_spent'
        end as allocation
    from ranked
    inner join spent
        on ranked.priority = spent.priority

),

final as (

    select
        ---------- ids
        priority,
        segment_id,
        segmentation_version,

        ---------- strings
        segment_name,
        scenario,
        measure,
        evidence,
        allocation,

        ---------- numerics
        segment_customers,
        customers,
        cost_per_customer,
        roi,
        cast(cost as decimal(18, 4)) as cost,
        {%- for suffix in ['', '_low', '_high'] %}
        cast(expected_margin{{ suffix }} as decimal(18, 4))
            as expected_margin{{ suffix }},
        {%- endfor %}
        cast(expected_margin - cost as decimal(18, 4)) as expected_return,
        cast(sum(cost) over so_far as decimal(18, 4)) as cumulative_cost,
        cast(
            sum(cast(expected_margin - cost as decimal(18, 4))) over so_far
            as decimal(18, 4)
        ) as cumulative_return,

        ---------- booleans
        count(roi) over (partition by roi) > 1 as is_tied
    from allocated
    window so_far as (order by priority)

)

select * from final

{#
    Customers of the segments that return most on their cost come first, as many as var
    campaign_budget pays for; the rest goes to the next segment where it still pays for
    a whole customer.
#}
{% set campaign_budget = valid_var('campaign_budget') %}

with recursive

candidates as (

    select * from {{ ref('int_budget_candidates') }}

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
            candidates.priority,
            coalesce(candidates.cost_per_customer, 0) as cost_per_customer,
            spent.budget_left,
            cast(
                case
                    when candidates.refusal_reason is not null then 0
                    else least(
                        round(
                            spent.budget_left / nullif(candidates.cost_per_customer, 0)
                        ),
                        candidates.contactable_customers
                    )
                end as bigint
            ) as nearest
        from spent
        inner join candidates
            on spent.priority + 1 = candidates.priority
    ) as affordable

),

allocated as (

    select
        candidates.*,
        spent.customers,
        coalesce(spent.customers * candidates.cost_per_customer, 0) as cost,
        {%- for suffix in ['', '_low', '_high'] %}
        round(coalesce(
            candidates.incremental_revenue{{ suffix }} * {{ var('margin_rate') }}
            * spent.customers
            / nullif(cast(candidates.contactable_customers as double), 0), 0
        ), 2) as expected_margin{{ suffix }},
        {%- endfor %}
        case
            when candidates.refusal_reason is not null then candidates.refusal_reason
            when spent.customers = candidates.contactable_customers then 'funded'
            when spent.customers > 0 then 'partly_funded'
            else 'budget_spent'
        end as allocation
    from candidates
    inner join spent
        on candidates.priority = spent.priority

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
        contactable_customers,
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
        cast(sum(cast(expected_margin - cost as decimal(18, 4))) over so_far
            as decimal(18, 4)) as cumulative_return,

        ---------- booleans
        count(roi) over (partition by roi) > 1 as is_tied,
        baseline_holds
    from allocated
    window so_far as (order by priority)

)

select * from final

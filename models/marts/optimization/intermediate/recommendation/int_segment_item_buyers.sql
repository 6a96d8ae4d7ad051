with

items_seen as (

    select * from {{ ref('int_customer_items_purchased') }}
    where is_in_window

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

segment_sizes as (

    select * from {{ ref('int_segment_sizes') }}
    where customers > 0

),

counted as (

    select
        items_seen.observation_date,
        assignments.segment_id,
        items_seen.item_kind,
        items_seen.item,
        count(*) as buyers
    from items_seen
    inner join assignments
        on items_seen.observation_date = assignments.observation_date
            and items_seen.customer_id = assignments.customer_id
    group by
        items_seen.observation_date,
        assignments.segment_id,
        items_seen.item_kind,
        items_seen.item

),

overall as (

    select
        observation_date,
        item_kind,
        item,
        cast(sum(buyers) as bigint) as buyers
    from counted
    group by observation_date, item_kind, item

),

all_customers as (

    select
        observation_date,
        cast(sum(customers) as bigint) as customers
    from segment_sizes
    group by observation_date

),

-- A segment that did not buy an item is compared as well.
compared as (

    select
        overall.observation_date,
        segment_sizes.segment_id,
        overall.item_kind,
        overall.item,
        segment_sizes.customers,
        coalesce(counted.buyers, 0) as buyers,
        all_customers.customers as overall_customers,
        overall.buyers as overall_buyers,
        cast(coalesce(counted.buyers, 0) as double) / segment_sizes.customers
            as segment_share,
        cast(overall.buyers as double) / all_customers.customers as overall_share,
        cast(segment_sizes.customers as double) / all_customers.customers
            as customer_share,
        -- Half a buyer and half a customer who did not buy more on each side, for the
        -- error only: no share is then known for sure because nobody bought.
        cast(coalesce(counted.buyers, 0) + 0.5 as double)
        / (segment_sizes.customers + 1) as adjusted_share,
        cast(overall.buyers - coalesce(counted.buyers, 0) + 0.5 as double)
        / (all_customers.customers - segment_sizes.customers + 1)
            as adjusted_other_share
    from overall
    inner join all_customers
        on overall.observation_date = all_customers.observation_date
    inner join segment_sizes
        on overall.observation_date = segment_sizes.observation_date
    left join counted
        on overall.observation_date = counted.observation_date
            and overall.item_kind = counted.item_kind
            and overall.item = counted.item
            and segment_sizes.segment_id = counted.segment_id

),

-- Delta method: the logarithm of the lift is ln(p) - ln(w p + (1 - w) q), with p of the
-- segment and q of all others as independent shares, and w the segment's share of all.
varied as (

    select
        *,
        customer_share * adjusted_share + (1 - customer_share) * adjusted_other_share
            as adjusted_overall_share,
        sqrt(
            power(1 / adjusted_share - customer_share / adjusted_overall_share, 2)
            * adjusted_share * (1 - adjusted_share) / customers
            + coalesce(
                power((1 - customer_share) / adjusted_overall_share, 2)
                * adjusted_other_share * (1 - adjusted_other_share)
                / nullif(overall_customers - customers, 0),
                0
            )
        ) as log_lift_error
    from compared

),

final as (

    select
        ---------- ids
        observation_date,
        segment_id,

        ---------- strings
        item_kind,
        item,

        ---------- numerics
        customers,
        buyers,
        overall_customers,
        overall_buyers,
        segment_share,
        overall_share,
        round(segment_share / overall_share, 6) as lift,
        {%- for name, sign in [('low', '-'), ('high', '')] %}
        case
            when buyers > 0
                then round(
                    segment_share / overall_share
                    * exp({{ sign }}{{ normal_quantile() }} * log_lift_error),
                    6
                )
        end as lift_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from varied

)

select * from final

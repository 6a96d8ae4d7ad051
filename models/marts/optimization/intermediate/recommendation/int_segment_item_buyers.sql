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

-- Who bought anything: that a segment shops more is no liking for each item.
shoppers as (

    select
        items_seen.observation_date,
        assignments.segment_id,
        count(distinct items_seen.customer_id) as shoppers
    from items_seen
    inner join assignments
        on items_seen.observation_date = assignments.observation_date
            and items_seen.customer_id = assignments.customer_id
    group by items_seen.observation_date, assignments.segment_id

),

sizes as (

    select
        segment_sizes.observation_date,
        segment_sizes.segment_id,
        segment_sizes.customers,
        coalesce(shoppers.shoppers, 0) as shoppers,
        cast(sum(segment_sizes.customers) over by_date as bigint) as overall_customers,
        cast(sum(shoppers.shoppers) over by_date as bigint) as overall_shoppers
    from segment_sizes
    left join shoppers
        on segment_sizes.observation_date = shoppers.observation_date
            and segment_sizes.segment_id = shoppers.segment_id
    window by_date as (partition by segment_sizes.observation_date)

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

-- A segment that did not buy an item is compared as well.
compared as (

    select
        overall.observation_date,
        sizes.segment_id,
        overall.item_kind,
        overall.item,
        sizes.customers,
        sizes.shoppers,
        coalesce(counted.buyers, 0) as buyers,
        sizes.overall_customers,
        sizes.overall_shoppers,
        overall.buyers as overall_buyers,
        cast(coalesce(counted.buyers, 0) as double)
        / nullif(sizes.shoppers, 0) as shopper_share,
        cast(overall.buyers as double) / sizes.overall_shoppers
            as overall_shopper_share,
        cast(sizes.shoppers as double) / sizes.overall_shoppers as weight,
        -- Half a buyer and half a shopper who did not buy more on each side, for the
        -- error only: no share is then known for sure because nobody bought.
        cast(coalesce(counted.buyers, 0) + 0.5 as double)
        / (sizes.shoppers + 1) as adjusted_share,
        cast(overall.buyers - coalesce(counted.buyers, 0) + 0.5 as double)
        / (sizes.overall_shoppers - sizes.shoppers + 1) as adjusted_other_share
    from overall
    inner join sizes
        on overall.observation_date = sizes.observation_date
    left join counted
        on overall.observation_date = counted.observation_date
            and overall.item_kind = counted.item_kind
            and overall.item = counted.item
            and sizes.segment_id = counted.segment_id

),

-- Delta method: the logarithm of the lift is ln(p) - ln(w p + (1 - w) q), with p of the
-- segment and q of all others as independent shares of those who bought anything, and w
-- the segment's share of them.
varied as (

    select
        *,
        weight * adjusted_share + (1 - weight) * adjusted_other_share
            as adjusted_overall_share,
        sqrt(
            power(1 / adjusted_share - weight / adjusted_overall_share, 2)
            * adjusted_share * (1 - adjusted_share) / nullif(shoppers, 0)
            + coalesce(
                power((1 - weight) / adjusted_overall_share, 2)
                * adjusted_other_share * (1 - adjusted_other_share)
                / nullif(overall_shoppers - shoppers, 0),
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
        shoppers,
        buyers,
        overall_customers,
        overall_shoppers,
        overall_buyers,
        cast(buyers as double) / customers as segment_share,
        cast(overall_buyers as double) / overall_customers as overall_share,
        shopper_share,
        overall_shopper_share,
        round(shopper_share / overall_shopper_share, 6) as lift,
        {%- for name, sign in [('low', '-'), ('high', '')] %}
        case
            when buyers > 0
                then round(
                    shopper_share / overall_shopper_share
                    * exp({{ sign }}{{ normal_quantile() }} * log_lift_error),
                    6
                )
        end as lift_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from varied

)

select * from final

{#
    What the customers of a campaign did in the window after it. Both arms go by one rule,
    an order: what a campaign tool records as a conversion, such as a redeemed coupon, its
    control group often cannot do. Where a source system has no orders, the record is all
    there is. What they had spent before tells whether the arms were alike.
#}
with

assignments as (

    select * from {{ ref('int_campaign_assignments') }}

),

orders as (

    select * from {{ ref('int_counted_orders') }}

),

compared as (

    select
        *,
        arm in ('treated', 'control')
        and bool_or(arm = 'treated') over campaigns
        and bool_or(arm = 'control') over campaigns as is_in_experiment,
        is_window_over
        and arm in ('treated', 'control')
        and bool_or(is_window_over and arm = 'treated') over campaigns
        and bool_or(is_window_over and arm = 'control') over campaigns as is_compared
    from assignments
    window campaigns as (partition by campaign_id)

),

-- Orders are read once more, and only if there is an experiment to look at.
counted as (

    select
        compared.campaign_id,
        compared.customer_id,
        orders.counted_at >= compared.contacted_at as is_after_contact,
        orders.order_kind = 'order' as is_order,
        if(orders.order_kind = 'order', orders.amount, -abs(orders.amount)) as amount
    from orders
    inner join compared
        on orders.customer_id = compared.customer_id
            and orders.counted_at < compared.window_end_at
    where compared.is_in_experiment

),

bought as (

    select
        campaign_id,
        customer_id,
        count_if(is_order and is_after_contact) as order_count,
        sum(amount) filter (where is_after_contact) as spend,
        sum(amount) filter (where not is_after_contact) as spend_before
    from counted
    group by campaign_id, customer_id

),

final as (

    select
        ---------- ids
        compared.campaign_id,
        compared.customer_id,
        compared.segment_id,

        ---------- strings
        compared.arm,

        ---------- numerics
        compared.cost,
        compared.holdout_share,
        case
            when not compared.is_compared then null
            when compared.has_orders
                then cast(coalesce(bought.order_count, 0) > 0 as int)
            else cast(compared.has_converted as int)
        end as conversion,
        case
            when compared.is_compared and compared.has_orders
                then cast(coalesce(bought.spend, 0) as decimal(18, 4))
        end as spend,
        case
            when compared.is_in_experiment and compared.has_orders
                then cast(coalesce(bought.spend_before, 0) as decimal(18, 4))
        end as spend_before,

        ---------- booleans
        compared.is_in_experiment,
        compared.is_window_over,

        ---------- timestamps
        compared.contacted_at,
        compared.window_end_at
    from compared
    left join bought
        on compared.campaign_id = bought.campaign_id
            and compared.customer_id = bought.customer_id

)

select * from final

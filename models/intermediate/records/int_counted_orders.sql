{{ config(materialized='view') }}

{#
    Orders are read once, although one that says what was refunded is two records: what
    was bought, and later what was given back.
#}
with

final as (

    select
        ---------- ids
        orders.order_id,
        orders.customer_id,

        ---------- strings
        orders.source_system,
        if(sides.is_refund, 'return', orders.order_kind) as order_kind,

        ---------- numerics
        if(sides.is_refund, orders.refunded_amount, orders.amount) as amount,

        ---------- timestamps
        if(sides.is_refund, orders.refunded_at, orders.ordered_at) as counted_at
    from {{ ref('int_orders_unioned') }} as orders
    cross join (
        select false as is_refund
        union all
        select true as is_refund
    ) as sides
    where case
        -- What was never counted cannot be given back.
        when sides.is_refund
            then orders.order_kind = 'order'
                and orders.amount is not null
                and orders.refunded_amount > 0
        else orders.order_kind in ('order', 'return')
    end

)

select * from final

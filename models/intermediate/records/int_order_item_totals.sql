with

order_items as (

    select * from {{ ref('int_order_items_unioned') }}

),

totals as (

    select
        order_id,
        min(customer_id) as customer_id,
        source_system,
        count(*) as item_count,
        sum(cast(quantity as decimal(38, 4)) * unit_price) as amount,
        min(ordered_at) as ordered_at
    from order_items
    group by order_id, source_system

),

final as (

    select
        ---------- ids
        order_id,
        customer_id,

        ---------- strings
        source_system,

        ---------- numerics
        item_count,
        {{ as_amount('amount', 'the sum of the order_items of an order') }} as amount,

        ---------- timestamps
        ordered_at
    from totals

)

select * from final

with

order_items as (

    select * from {{ ref('int_order_items_unioned') }}

),

final as (

    select
        ---------- ids
        order_id,
        min(customer_id) as customer_id,

        ---------- strings
        source_system,

        ---------- numerics
        count(*) as item_count,
        cast(sum(cast(quantity as decimal(38, 4)) * unit_price) as decimal(18, 4))
            as amount,

        ---------- timestamps
        min(ordered_at) as ordered_at
    from order_items
    group by order_id, source_system

)

select * from final

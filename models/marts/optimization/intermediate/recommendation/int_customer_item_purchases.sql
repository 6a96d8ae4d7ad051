{#
    What customers bought, in categories; a product without one is an item of its own.
    The periods in which a customer bought an item are bits of one number, so that each
    order item is read once for all dates.
#}
with

order_items as (

    select * from {{ ref('int_order_items_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

products as (

    select * from {{ ref('int_products_unioned') }}

),

observation_date_columns as (

    {{ observation_date_columns() }}

),

bought as (

    select
        orders.customer_id,
        case when products.category is null then 'product' else 'category' end
            as item_kind,
        coalesce(products.category, order_items.product_id) as item,
        {{ observed_period('orders.ordered_at') }} as period
    from order_items
    inner join orders
        on order_items.order_id = orders.order_id
    left join products
        on order_items.product_id = products.product_id
    cross join observation_date_columns
    where orders.order_kind = 'order'
        and order_items.product_id is not null
        and coalesce(order_items.quantity, 1) > 0

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- strings
        item_kind,
        item,

        ---------- numerics
        bit_or(cast(1 as bigint) << period) as period_bits
    from bought
    where period is not null
    group by customer_id, item_kind, item

)

select * from final

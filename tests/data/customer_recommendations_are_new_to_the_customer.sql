-- Against the order items themselves: nothing that was bought in the window is
-- recommended.
with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

bought as (

    select distinct
        orders.customer_id,
        coalesce(products.category, items.product_id) as item
    from {{ ref('int_order_items_unioned') }} as items
    inner join {{ ref('int_orders_unioned') }} as orders
        on items.order_id = orders.order_id
    left join {{ ref('int_products_unioned') }} as products
        on items.product_id = products.product_id
    cross join observation_dates
    where orders.order_kind = 'order'
        and coalesce(items.quantity, 1) > 0
        and orders.ordered_at >= observation_dates.trailing_start_date
        and orders.ordered_at < observation_dates.observation_date

)

select
    recommendations.customer_id,
    recommendations.item
from recommendations
inner join bought
    on recommendations.customer_id = bought.customer_id
        and recommendations.item = bought.item

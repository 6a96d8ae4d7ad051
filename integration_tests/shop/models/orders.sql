with

customers as (

    select
        customer_id,
        first_seen_on,
        [7, 30, 180][customer_id % 3 + 1] as days_between_orders,
        [25, 60, 40][customer_id % 3 + 1] as usual_total
    from {{ ref('customers') }}

),

orders as (

    select
        customer_id,
        first_seen_on + cast(
            days_between_orders * number
            + hash(customer_id * 1000 + number) % days_between_orders as integer
        ) as order_date,
        cast(
            usual_total * (0.5 + hash(customer_id * 1000 + number + 7) % 100 / 100)
            as decimal(10, 2)
        ) as order_total
    from customers
    cross join range(0, 120) as numbers (number)

)

select
    row_number() over (order by customer_id, order_date) as id,
    customer_id,
    timezone('UTC', cast(order_date as timestamp) + interval 20 hour) as ordered_at,
    order_total
from orders
where order_date < date '2024-07-01'

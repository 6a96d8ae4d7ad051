with

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

current_orders as (

    select customer_orders.*
    from {{ ref('int_customer_orders') }} as customer_orders
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on customer_orders.observation_date = observation_dates.observation_date
    where observation_dates.is_current

),

uncounted_orders as (

    select * from {{ ref('int_orders_unioned') }}
    where order_kind not in ('order', 'return')

),

-- A cancelled order is no activity, but before registration it is a fault as well.
first_orders as (

    select
        customer_id,
        first_activity_on as first_order_on
    from current_orders
    union all
    select
        customer_id,
        cast(ordered_at as date) as first_order_on
    from uncounted_orders

),

final as (

    select
        ---------- ids
        people.customer_id,

        ---------- dates
        people.registered_on,
        min(first_orders.first_order_on) as first_order_on
    from people
    inner join first_orders
        on people.customer_id = first_orders.customer_id
    where first_orders.first_order_on < people.registered_on
    group by people.customer_id, people.registered_on

)

select * from final

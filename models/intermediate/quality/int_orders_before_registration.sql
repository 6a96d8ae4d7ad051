with

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

customer_orders as (

    select * from {{ ref('int_customer_order_counts') }}

),

final as (

    select
        ---------- ids
        people.customer_id,

        ---------- dates
        people.registered_on,
        min(customer_orders.first_record_on) as first_order_on
    from people
    inner join customer_orders
        on people.customer_id = customer_orders.customer_id
    where customer_orders.first_record_on < people.registered_on
    group by people.customer_id, people.registered_on

)

select * from final

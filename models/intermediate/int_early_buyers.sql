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

final as (

    select
        ---------- ids
        people.customer_id,

        ---------- dates
        people.registered_on,
        current_orders.first_activity_on
    from people
    inner join current_orders
        on people.customer_id = current_orders.customer_id
    where current_orders.first_activity_on < people.registered_on

)

select * from final

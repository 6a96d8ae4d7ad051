with

known_customers as (

    select * from {{ ref('int_customers_known') }}

),

final as (

    select customer_id
    from known_customers
    where not is_registered

)

select * from final

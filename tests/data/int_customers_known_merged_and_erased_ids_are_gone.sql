with

known_customers as (

    select * from {{ ref('int_customers_known') }}

),

changed_ids as (

    select * from {{ ref('int_changed_customer_ids') }}

)

select
    known_customers.customer_id,
    changed_ids.reason
from known_customers
inner join changed_ids
    on known_customers.customer_id = changed_ids.customer_id

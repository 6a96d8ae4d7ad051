with

known_customers as (

    select * from {{ ref('int_customers') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}
    where reason <> 'returned_after_erasure'

)

select
    known_customers.customer_id,
    changed_ids.reason
from known_customers
inner join changed_ids
    on known_customers.customer_id = changed_ids.customer_id

with

customer_identities as (

    select * from {{ ref('customer_identities') }}

),

known_customers as (

    select * from {{ ref('int_customers') }}

)

select
    customer_identities.source_system,
    customer_identities.source_customer_id,
    customer_identities.customer_id
from customer_identities
anti join known_customers
    on customer_identities.customer_id = known_customers.customer_id

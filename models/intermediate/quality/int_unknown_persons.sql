with

requests as (

    {{ unioned_records('erasure_requests') }}

),

erased as (

    select customer_id from {{ ref('int_customer_id_changes') }}
    where reason = 'erased' and is_recorded

),

unanswered_by_id as (

    select requests.*
    from requests
    anti join erased
        on requests.customer_id = erased.customer_id

),

unanswered_by_address_as_id as (

    select unanswered_by_id.*
    from unanswered_by_id
    anti join erased
        on unanswered_by_id.email_as_customer_id = erased.customer_id

),

-- Nothing of the request itself: an unknown address is still an address.
final as (

    select unanswered_by_address_as_id.source_system
    from unanswered_by_address_as_id
    anti join {{ ref('int_customers_unioned') }} as customers
        on unanswered_by_address_as_id.email = customers.email

)

select * from final

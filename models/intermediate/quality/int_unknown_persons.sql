with

requests as (

    {{ numbered_erasure_requests() }}

),

answered_requests as (

    select request_number from {{ ref('int_erased_ids') }}
    where is_recorded

),

unanswered as (

    select requests.*
    from requests
    anti join answered_requests
        on requests.request_number = answered_requests.request_number

),

customer_records as (

    {{ all_customer_records() }}

),

-- A record without a customer id may have the address: it is rejected, and not unknown.
-- Nothing of the request itself is here: an unknown address is still an address.
final as (

    select
        ---------- ids
        unanswered.request_number,

        ---------- strings
        unanswered.source_system
    from unanswered
    anti join customer_records
        on unanswered.email = customer_records.email
            and {{ has_no_other_name('customer_records', 'unanswered') }}

)

select * from final

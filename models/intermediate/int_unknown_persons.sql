{#
    Records are named where they are read, not once above, and searched only for what no
    record of a customer answers: mostly nothing.
#}
{% set entities = [
    'orders', 'order_items', 'visits', 'reviews', 'campaign_contacts',
    'customer_summaries'
] %}

with

erasure_requests as (

    {{ unioned_records('erasure_requests') }}

),

unanswered_by_id as (

    select erasure_requests.*
    from erasure_requests
    anti join {{ ref('int_customers_unioned') }} as customers
        on erasure_requests.customer_id = customers.customer_id

),

unanswered_by_email as (

    select unanswered_by_id.*
    from unanswered_by_id
    anti join {{ ref('int_customers_unioned') }} as customers
        on unanswered_by_id.email = customers.email

),

unanswered_by_customers as (

    select unanswered_by_email.*
    from unanswered_by_email
    anti join {{ ref('int_customers_unioned') }} as customers
        on unanswered_by_email.email_as_customer_id = customers.customer_id

),

sought_ids as (

    select customer_id from unanswered_by_customers
    where customer_id is not null
    union
    select email_as_customer_id as customer_id from unanswered_by_customers
    where email_as_customer_id is not null

),

found_ids as (

    {% for entity in entities if systems_with(entity) %}
    select records.customer_id
    from ({{ unioned_records(entity) }}) as records
    semi join sought_ids
        on records.customer_id = sought_ids.customer_id
    {{ 'union' if not loop.last }}
    {% else %}
    select customer_id from sought_ids
    where false
    {% endfor %}

),

unanswered_by_id_of_records as (

    select unanswered_by_customers.*
    from unanswered_by_customers
    anti join found_ids
        on unanswered_by_customers.customer_id = found_ids.customer_id

),

final as (

    -- Nothing of the request itself: an address that nobody has is still an address.
    select unanswered_by_id_of_records.source_system
    from unanswered_by_id_of_records
    anti join found_ids
        on unanswered_by_id_of_records.email_as_customer_id = found_ids.customer_id

)

select * from final

{#
    Whom each erasure request names. Records are named where they are read, not once
    above, and only their ids are read; where there is no request, none is.
#}
with

requests as (

    select
        source_system,
        customer_id,
        email,
        email_as_customer_id,
        row_number() over (
            order by
                source_system asc,
                customer_id asc nulls last,
                email asc nulls last,
                requested_at asc nulls last
        ) as request_number
    from ({{ unioned_records('erasure_requests') }}) as recorded_requests

),

-- Where the id of a customer is an email address, a request may name it as either.
sought_ids as (

    select
        request_number,
        customer_id
    from requests
    where customer_id is not null
    union
    select
        request_number,
        email_as_customer_id as customer_id
    from requests
    where email_as_customer_id is not null

),

found_ids as (

    select customers.customer_id
    from {{ ref('int_customers_unioned') }} as customers
    semi join sought_ids
        on customers.customer_id = sought_ids.customer_id
    {%- for entity in [
        'orders', 'order_items', 'visits', 'reviews', 'campaign_contacts',
        'customer_summaries'
    ] if systems_with(entity) %}
    union
    select records.customer_id
    from ({{ unioned_records(entity) }}) as records
    semi join sought_ids
        on records.customer_id = sought_ids.customer_id
    {%- endfor %}

),

named as (

    select
        sought_ids.request_number,
        sought_ids.customer_id
    from sought_ids
    semi join found_ids
        on sought_ids.customer_id = found_ids.customer_id
    union
    select
        requests.request_number,
        customers.customer_id
    from requests
    inner join {{ ref('int_customers_unioned') }} as customers
        on requests.email = customers.email

),

final as (

    select
        ---------- ids
        requests.request_number,
        named.customer_id,

        ---------- strings
        requests.source_system
    from requests
    left join named
        on requests.request_number = named.request_number

)

select * from final

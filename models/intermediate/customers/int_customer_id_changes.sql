{#
    Records are named where they are read, not once above, and only their ids are read;
    where there is no erasure request, none is.
#}
with

erasure_requests as (

    {{ unioned_records('erasure_requests') }}

),

-- Where the id of a customer is an email address, a request may name it as either.
sought_ids as (

    select customer_id from erasure_requests
    where customer_id is not null
    union
    select email_as_customer_id as customer_id from erasure_requests
    where email_as_customer_id is not null

),

recorded_ids as (

    select customers.customer_id
    from {{ ref('int_customers_unioned') }} as customers
    inner join erasure_requests
        on customers.email = erasure_requests.email
    {%- for entity in [
        'customers', 'orders', 'order_items', 'visits', 'reviews', 'campaign_contacts',
        'customer_summaries'
    ] if systems_with(entity) %}
    union
    select records.customer_id
    from ({{ unioned_records(entity) }}) as records
    semi join sought_ids
        on records.customer_id = sought_ids.customer_id
    {%- endfor %}

),

-- An id that no record has any more may still be in the history of segments.
unrecorded_ids as (

    select distinct erasure_requests.customer_id
    from erasure_requests
    anti join recorded_ids
        on erasure_requests.customer_id = recorded_ids.customer_id
    where erasure_requests.customer_id is not null

),

erased_ids as (

    select customer_id from recorded_ids
    union all
    select customer_id from unrecorded_ids

),

-- Few emails occur twice: finding them first spares a sort of all customers.
repeated_emails as (

    select email
    from {{ ref('int_customers_unioned') }}
    where email is not null
    group by email
    having count(*) > 1

),

people as (

    select
        customers.customer_id,
        customers.registered_at,
        customers.email || '|' || lower(customers.first_name) || '|'
        || lower(customers.last_name) || '|' || cast(customers.birth_date as string)
            as person
    from {{ ref('int_customers_unioned') }} as customers
    semi join repeated_emails
        on customers.email = repeated_emails.email
    where {{ var('merge_duplicate_people') }}

),

ranked as (

    select
        customer_id,
        first_value(customer_id) over (
            partition by person
            order by registered_at nulls last, customer_id
        ) as surviving_customer_id
    from people
    where person is not null

),

-- A request of one of the ids of a person erases the person.
erased_survivors as (

    select distinct ranked.surviving_customer_id
    from ranked
    inner join erased_ids
        on ranked.customer_id = erased_ids.customer_id

),

erased as (

    select customer_id from erased_ids
    union
    select ranked.customer_id
    from ranked
    inner join erased_survivors
        on ranked.surviving_customer_id = erased_survivors.surviving_customer_id

),

merged as (

    select
        ranked.customer_id,
        ranked.surviving_customer_id
    from ranked
    anti join erased
        on ranked.customer_id = erased.customer_id
    where ranked.customer_id <> ranked.surviving_customer_id

),

final as (

    select
        ---------- ids
        customer_id,
        surviving_customer_id,

        ---------- strings
        'duplicate_person' as reason,

        ---------- booleans
        true as is_recorded
    from merged
    union all
    select
        erased.customer_id,
        cast(null as string) as surviving_customer_id,
        'erased' as reason,
        unrecorded_ids.customer_id is null as is_recorded
    from erased
    left join unrecorded_ids
        on erased.customer_id = unrecorded_ids.customer_id

)

select * from final

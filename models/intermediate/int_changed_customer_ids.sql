with

customers as (

    select * from {{ ref('int_customers_unioned') }}

),

erasure_requests as (

    {{ unioned_records('erasure_requests') }}

),

people as (

    select
        customer_id,
        registered_at,
        email,
        email || '|' || lower(first_name) || '|' || lower(last_name) || '|'
        || cast(birth_date as string) as person
    from customers

),

-- Few emails occur twice: finding them first spares a sort of all customers.
repeated_emails as (

    select email
    from customers
    where email is not null
    group by email
    having count(*) > 1

),

ranked as (

    select
        people.customer_id,
        people.email,
        first_value(people.customer_id) over (
            partition by people.person
            order by people.registered_at nulls last, people.customer_id
        ) as surviving_customer_id
    from people
    inner join repeated_emails
        on people.email = repeated_emails.email
    where people.person is not null
        and {{ var('merge_duplicate_people') }}

),

erased_ids as (

    select customer_id from erasure_requests
    where customer_id is not null
    union
    select customers.customer_id
    from customers
    inner join erasure_requests
        on customers.email = erasure_requests.email

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
        'duplicate_person' as reason
    from merged
    union all
    select
        customer_id,
        cast(null as string) as surviving_customer_id,
        'erased' as reason
    from erased

)

select * from final

with

erased_ids as (

    select distinct customer_id
    from {{ ref('int_erasure_requests') }}
    where customer_id is not null

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

with

requested_ids as (

    select
        customer_id,
        min(request_number) as request_number,
        bool_or(is_recorded) as is_recorded
    from {{ ref('int_erased_ids') }}
    group by customer_id

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
        {{ person_key('customers') }} as person
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

-- Who is erased by an older record takes all who are merged by the latest ones along.
erased_survivors as (

    select
        ranked.surviving_customer_id,
        min(requested_ids.request_number) as request_number
    from ranked
    inner join requested_ids
        on ranked.customer_id = requested_ids.customer_id
    group by ranked.surviving_customer_id

),

erased_duplicates as (

    select
        ranked.customer_id,
        erased_survivors.request_number,
        true as is_recorded
    from ranked
    inner join erased_survivors
        on ranked.surviving_customer_id = erased_survivors.surviving_customer_id
    anti join requested_ids
        on ranked.customer_id = requested_ids.customer_id

),

erased as (

    select * from requested_ids
    union all
    select * from erased_duplicates

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
        cast(null as bigint) as request_number,

        ---------- strings
        'duplicate_person' as reason,

        ---------- booleans
        true as is_recorded
    from merged
    union all
    select
        customer_id,
        cast(null as string) as surviving_customer_id,
        request_number,
        'erased' as reason,
        is_recorded
    from erased

)

select * from final

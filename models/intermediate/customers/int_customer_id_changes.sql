with

erased_customers as (

    select * from {{ ref('int_erased_customers') }}

),

returned_customers as (

    select * from {{ ref('int_returned_customers') }}

),

gone as (

    select erased_customers.*
    from erased_customers
    anti join returned_customers
        on erased_customers.customer_id = returned_customers.customer_id

),

people as (

    select
        customers.customer_id,
        customers.registered_at,
        customers.person_id
    from {{ ref('int_customers_unioned') }} as customers
    anti join gone
        on customers.customer_id = gone.customer_id
    left join returned_customers
        on customers.customer_id = returned_customers.customer_id
    where {{ var('merge_duplicate_people') }}
        and customers.person_id is not null
        and coalesce(returned_customers.has_registered, true)

),

ranked as (

    select
        customer_id,
        first_value(customer_id) over (
            partition by person_id
            order by registered_at nulls last, customer_id
        ) as surviving_customer_id
    from people

),

final as (

    select
        ---------- ids
        ranked.customer_id,
        ranked.surviving_customer_id,
        returned_customers.request_number,

        ---------- strings
        'duplicate_person' as reason,

        ---------- booleans
        true as is_recorded,

        ---------- timestamps
        returned_customers.covered_until
    from ranked
    left join returned_customers
        on ranked.customer_id = returned_customers.customer_id
    where ranked.customer_id <> ranked.surviving_customer_id
    union all
    -- Under the same id, but without the records of before.
    select
        returned_customers.customer_id,
        returned_customers.customer_id as surviving_customer_id,
        returned_customers.request_number,
        'returned_after_erasure' as reason,
        true as is_recorded,
        returned_customers.covered_until
    from returned_customers
    left join ranked
        on returned_customers.customer_id = ranked.customer_id
    where ranked.surviving_customer_id is null
        or ranked.customer_id = ranked.surviving_customer_id
    union all
    select
        customer_id,
        cast(null as string) as surviving_customer_id,
        request_number,
        'erased' as reason,
        is_recorded,
        cast(null as timestamp) as covered_until
    from gone

)

select * from final

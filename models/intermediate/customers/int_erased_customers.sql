with

requested_ids as (

    select
        customer_id,
        min(request_number) as request_number,
        bool_or(is_recorded) as is_recorded,
        max(covered_until) as covered_until
    from {{ ref('int_erased_ids') }}
    group by customer_id

),

records as (

    select
        customer_id,
        person_id
    from {{ ref('int_customers_unioned') }}
    where {{ var('merge_duplicate_people') }} and person_id is not null

),

-- Who is erased by an older record takes all who are merged by the latest ones along.
erased_people as (

    select
        records.person_id,
        min(requested_ids.request_number) as request_number,
        max(requested_ids.covered_until) as covered_until
    from records
    inner join requested_ids
        on records.customer_id = requested_ids.customer_id
    group by records.person_id

),

duplicates as (

    select
        records.customer_id,
        erased_people.request_number,
        erased_people.covered_until
    from records
    inner join erased_people
        on records.person_id = erased_people.person_id
    anti join requested_ids
        on records.customer_id = requested_ids.customer_id

),

final as (

    select
        ---------- ids
        customer_id,
        request_number,

        ---------- booleans
        is_recorded,

        ---------- timestamps
        covered_until
    from requested_ids
    union all
    select
        customer_id,
        request_number,
        true as is_recorded,
        covered_until
    from duplicates

)

select * from final

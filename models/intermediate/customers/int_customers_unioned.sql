{# Who is who, without a name: records of one person say the id of one of them. #}
with

records as (

    select
        records.customer_id,
        records.source_customer_id,
        records.source_system,
        records.registered_at,
        {{ person_key('records') }} as person
    from (
        {{ unioned_records('customers') }}
    ) as records

),

-- Few people have several records.
people as (

    select
        person,
        min(customer_id) as person_id
    from records
    where person is not null
    group by person
    having count(*) > 1

),

final as (

    select
        ---------- ids
        records.customer_id,
        records.source_customer_id,
        people.person_id,

        ---------- strings
        records.source_system,

        ---------- timestamps
        records.registered_at
    from records
    left join people
        on records.person = people.person

)

select * from final

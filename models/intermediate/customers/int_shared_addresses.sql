with

requests as (

    {{ numbered_erasure_requests() }}

),

records as (

    {{ all_customer_records() }}

),

-- Records of one customer and of duplicates of one are of one person.
people as (

    select
        requests.request_number,
        count(distinct coalesce(records.person, records.customer_id)) as people
    from records
    inner join requests
        on records.email = requests.email
    where records.customer_id is not null
        and requests.first_name is null
        and requests.last_name is null
    group by requests.request_number

),

final as (

    select
        ---------- ids
        request_number,

        ---------- numerics
        people
    from people
    where people > 1

)

select * from final

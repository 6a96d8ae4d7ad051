{# The only model behind staging that holds personal data: an email and a birth date. #}
with

records as (

    {{ unioned_records('customers') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

merged_people as (

    select distinct surviving_customer_id from changed_ids
    where surviving_customer_id is not null

),

-- Of several records of a person the survivor's values hold, gaps filled by the rest.
ranked as (

    select
        records.*,
        coalesce(changed_ids.surviving_customer_id, records.customer_id)
            as surviving_customer_id,
        row_number() over (
            partition by
                coalesce(changed_ids.surviving_customer_id, records.customer_id)
            order by records.registered_at nulls last, records.customer_id
        ) as record_rank
    from records
    left join changed_ids
        on records.customer_id = changed_ids.customer_id
    semi join merged_people
        on coalesce(changed_ids.surviving_customer_id, records.customer_id)
            = merged_people.surviving_customer_id
    where {{ is_record_of_customer('records.registered_at') }}

),

merged as (

    select
        surviving_customer_id as customer_id,
        min_by(source_system, record_rank) as source_system,
        min_by(email, record_rank) as email,
        min_by(birth_date, record_rank) as birth_date,
        {%- for column in ['age', 'gender', 'income', 'city', 'country'] %}
        min_by({{ column }}, record_rank) filter (where {{ column }} is not null)
            as {{ column }},
        {%- endfor %}
        bool_and(has_marketing_consent) as has_marketing_consent,
        min(registered_at) as registered_at,
        max(updated_at) as updated_at
    from ranked
    group by surviving_customer_id

),

unchanged as (

    select records.*
    from records
    anti join changed_ids
        on records.customer_id = changed_ids.customer_id
    anti join merged_people
        on records.customer_id = merged_people.surviving_customer_id

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- strings
        source_system,
        email,
        gender,
        city,
        country,

        ---------- numerics
        age,
        income,

        ---------- booleans
        has_marketing_consent,

        ---------- dates
        birth_date,
        cast(registered_at as date) as registered_on,
        cast(updated_at as date) as updated_on
    from unchanged
    union all
    select
        customer_id,
        source_system,
        email,
        gender,
        city,
        country,
        age,
        income,
        has_marketing_consent,
        birth_date,
        cast(registered_at as date) as registered_on,
        cast(updated_at as date) as updated_on
    from merged

)

select * from final

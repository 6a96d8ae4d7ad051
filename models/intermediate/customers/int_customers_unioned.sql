{# Of the contact data only the email goes further than staging. #}
with

records as (

    {{ unioned_records('customers') }}

),

final as (

    select
        ---------- ids
        customer_id,
        source_customer_id,

        ---------- strings
        source_system,
        first_name,
        last_name,
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

        ---------- timestamps
        registered_at,
        updated_at
    from records

)

select * from final

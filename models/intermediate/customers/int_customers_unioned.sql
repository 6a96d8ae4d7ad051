{# Who is who, without a name: two records with one person_hash are of one person. #}
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
        md5({{ person_key('records') }}) as person_hash,

        ---------- timestamps
        registered_at
    from records

)

select * from final

{# Who is who, without a name: two records with one person_hash are of one person. #}
with

records as (

    {{ unioned_records('customers') }}

),

final as (

    select
        ---------- ids
        records.customer_id,
        records.source_customer_id,

        ---------- strings
        records.source_system,
        md5({{ person_key('records') }}) as person_hash,

        ---------- timestamps
        records.registered_at
    from records

)

select * from final

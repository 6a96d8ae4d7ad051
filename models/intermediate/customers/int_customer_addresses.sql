{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail'
) }}

with

records as (

    {{ all_customer_records() }}

),

addresses as (

    select distinct
        {{ id_with_system('customer_id') }} as customer_id,
        email
    from records
    where customer_id is not null
        and email is not null

),

hashed as (

    select
        customer_id,
        {{ erasure_hash('email', 'email') }} as address_hash
    from addresses

),

final as (

    select
        ---------- ids
        hashed.customer_id,

        ---------- strings
        hashed.address_hash
    from hashed
    {%- if is_incremental() %}
    anti join {{ this }} as known
        on hashed.customer_id = known.customer_id
            and hashed.address_hash = known.address_hash
    {%- endif %}
    where hashed.address_hash is not null

)

select * from final

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    post_hook=[
        "delete from {{ ref('int_customer_addresses') }} where customer_id in (
            select {{ id_with_system('customer_id') }}
            from {{ ref('int_erased_customers') }}
        )",
        {'sql': '{{ report_erasures() }}', 'transaction': false}
    ]
) }}

{% set columns = erasure_columns() + ['covered_until'] %}

with

requests as (

    select
        *,
        {{ erasure_hash('request', "concat_ws('|', customer_id, email, first_name, "
            ~ "last_name, cast(covered_until as string))") }} as request_hash
    from ({{ numbered_erasure_requests() }}) as numbered

),

erased_ids as (

    select
        request_number,
        customer_id
    from {{ ref('int_erased_ids') }}
    where request_number is not null
    union
    select
        request_number,
        customer_id
    from {{ ref('int_erased_customers') }}
    where request_number is not null

),

identifiers as (

    {{ erased_identifiers() }}

),

hashed as (

    select distinct
        requests.request_hash,
        identifiers.identifier,
        identifiers.identifier_hash,
        {%- for name in ['first_name', 'last_name', 'birth_date'] %}
        {{ erasure_hash(name, 'identifiers.' ~ name) }} as {{ name }}_hash,
        {%- endfor %}
        requests.covered_until
    from identifiers
    inner join requests
        on identifiers.request_number = requests.request_number
    union all
    -- By this one a later build knows the salt.
    select
        cast(null as string) as request_hash,
        'salt' as identifier,
        {{ erasure_hash('salt', "''") }} as identifier_hash,
        cast(null as string) as first_name_hash,
        cast(null as string) as last_name_hash,
        cast(null as string) as birth_date_hash,
        {{ no_end() }} as covered_until

),

final as (

    select
        ---------- strings
        request_hash,
        identifier,
        identifier_hash,
        first_name_hash,
        last_name_hash,
        birth_date_hash,

        ---------- timestamps
        covered_until
    from hashed
    where identifier_hash is not null
    {%- if is_incremental() %}
    except
    select {{ columns | join(', ') }} from {{ this }}
    {%- endif %}

)

select * from final

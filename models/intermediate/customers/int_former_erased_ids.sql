{#
    Records are named where they are read, not once above: where nothing was ever erased,
    none is.
#}
with

erasures as (

    {{ former_erasures() }}

),

any_erasure as (

    select distinct true as is_any from erasures
    where identifier = 'customer_id'

),

recorded_ids as (

    {{ recorded_customer_ids(
        'any_erasure', '(<id> is not null) = any_erasure.is_any'
    ) }}

),

hashed_ids as (

    select
        customer_id,
        {{ id_hash('customer_id') }} as identifier_hash
    from recorded_ids

),

-- Whoever has an address now or had it before, unless another name is erased there.
people as (

    select
        records.customer_id,
        {%- for name in ['first_name', 'last_name', 'birth_date'] %}
        {{ erasure_hash(name, 'records.' ~ name) }} as {{ name }}_hash,
        {%- endfor %}
        erasures.first_name_hash as erased_first_name_hash,
        erasures.last_name_hash as erased_last_name_hash,
        erasures.birth_date_hash as erased_birth_date_hash,
        erasures.covered_until
    from erasures
    inner join {{ ref('int_customer_addresses') }} as addresses
        on erasures.identifier_hash = addresses.address_hash
    inner join ({{ all_customer_records() }}) as records
        on addresses.customer_id = {{ id_with_system('records.customer_id') }}
    where erasures.identifier = 'email'

),

found as (

    select
        hashed_ids.customer_id,
        erasures.covered_until
    from hashed_ids
    inner join erasures
        on hashed_ids.identifier_hash = erasures.identifier_hash
    union all
    select
        customer_id,
        covered_until
    from people
    where coalesce(first_name_hash = erased_first_name_hash, true)
        and coalesce(last_name_hash = erased_last_name_hash, true)
        and (
            erased_birth_date_hash is null
            or birth_date_hash = erased_birth_date_hash
        )

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- timestamps
        max(covered_until) as covered_until
    from found
    group by customer_id

)

select * from final

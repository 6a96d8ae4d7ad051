{#
    Records are named where they are read, not once above: where there is no request, none
    is. The models base_* have also those that were rejected, and older ones of a key.
#}
with

requests as (

    {{ numbered_erasure_requests() }}

),

sought_ids as (

    {{ sought_customer_ids() }}

),

-- An id is known if any record has it.
known_ids as (

    {% for system, entity in staged_tables() if entity not in [
        'products', 'erasure_requests'
    ] %}
    select
        {{ warehouse_id(system, published_id('records.customer_id')) }} as customer_id
    from {{ ref('base_' ~ system ~ '__' ~ entity) }} as records
    semi join sought_ids
        on {{ warehouse_id(system, published_id('records.customer_id')) }}
            = sought_ids.customer_id
    {{ 'union' if not loop.last }}
    {% endfor %}

),

named_ids as (

    select
        sought_ids.request_number,
        sought_ids.customer_id
    from sought_ids
    semi join known_ids
        on sought_ids.customer_id = known_ids.customer_id
    union
    select
        requests.request_number,
        records.customer_id
    from ({{ all_customer_records() }}) as records
    inner join requests
        on records.email = requests.email
    where records.customer_id is not null

),

-- A request of one of the ids of a person erases the person.
named_people as (

    select distinct
        named_ids.request_number,
        records.person
    from ({{ all_customer_records() }}) as records
    inner join named_ids
        on records.customer_id = named_ids.customer_id
    where {{ var('merge_duplicate_people') }} and records.person is not null

),

recorded_ids as (

    select * from named_ids
    union
    select
        named_people.request_number,
        records.customer_id
    from ({{ all_customer_records() }}) as records
    inner join named_people
        on records.person = named_people.person
    where records.customer_id is not null

),

-- The history of segments may have an id that no record has any more, or has it with or
-- without the system, because the number of systems was another then.
former_ids as (

    select
        request_number,
        customer_id
    from sought_ids
    where is_kept
    union
    select
        request_number,
        {{ former_customer_id('customer_id') }} as customer_id
    from recorded_ids

),

final as (

    select
        ---------- ids
        request_number,
        customer_id,

        ---------- booleans
        true as is_recorded
    from recorded_ids
    union all
    select
        former_ids.request_number,
        former_ids.customer_id,
        false as is_recorded
    from former_ids
    anti join recorded_ids
        on former_ids.customer_id = recorded_ids.customer_id

)

select * from final

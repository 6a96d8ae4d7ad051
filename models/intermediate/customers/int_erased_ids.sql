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

    {{ recorded_customer_ids('sought_ids', '<id> = sought_ids.customer_id') }}

),

named_ids as (

    select
        sought_ids.request_number,
        sought_ids.customer_id,
        sought_ids.covered_until
    from sought_ids
    semi join known_ids
        on sought_ids.customer_id = known_ids.customer_id
    union
    {{ customer_ids_at_addresses() }}
    union
    select
        cast(null as bigint) as request_number,
        customer_id,
        covered_until
    from {{ ref('int_former_erased_ids') }}

),

-- A request of one of the ids of a person erases the person.
named_people as (

    select distinct
        named_ids.request_number,
        named_ids.covered_until,
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
        records.customer_id,
        named_people.covered_until
    from ({{ all_customer_records() }}) as records
    inner join named_people
        on records.person = named_people.person
    where records.customer_id is not null

),

-- The history of segments may have an id that no record has any more, or has it with or
-- without the system, because the number of systems was another then.
all_ids as (

    select
        *,
        true as is_recorded
    from recorded_ids
    union all
    select
        request_number,
        {{ former_customer_id('customer_id') }} as customer_id,
        covered_until,
        false as is_recorded
    from recorded_ids
    union all
    select
        request_number,
        customer_id,
        covered_until,
        false as is_recorded
    from sought_ids
    where is_kept

),

final as (

    select
        ---------- ids
        request_number,
        customer_id,

        ---------- booleans
        bool_or(is_recorded) as is_recorded,

        ---------- timestamps
        max(covered_until) as covered_until
    from all_ids
    group by request_number, customer_id

)

select * from final

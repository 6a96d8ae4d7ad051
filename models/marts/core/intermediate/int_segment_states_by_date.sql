{{ config(materialized='view') }}

{# In which segment each customer was on which date, as far as builds know. #}
with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

snapshot as (

    select
        *,
        lead(dbt_valid_from) over (
            partition by segmentation_name, customer_id order by dbt_valid_from asc
        ) as next_valid_from,
        max(observation_date) over (
            partition by segmentation_name, customer_id
        ) as last_date
    from {{ ref('customer_segment_snapshot') }}

),

builds as (

    select
        dbt_valid_from as built_at,
        max(observation_date) as observation_date
    from snapshot
    group by dbt_valid_from

),

-- A closed row without one that follows at once: the customer was no more.
ends as (

    select
        snapshot.segmentation_name,
        snapshot.customer_id,
        cast(null as bigint) as segment_id,
        cast(null as bigint) as segmentation_version,
        greatest(
            snapshot.observation_date,
            coalesce(
                min_by(builds.observation_date, builds.built_at),
                max(observation_dates.observation_date)
            )
        ) as observation_date,
        snapshot.dbt_valid_to as known_at
    from snapshot
    cross join observation_dates
    left join builds
        on snapshot.dbt_valid_to <= builds.built_at
            and snapshot.observation_date < builds.observation_date
    where snapshot.dbt_valid_to is not null
        and snapshot.next_valid_from is distinct from snapshot.dbt_valid_to
    group by
        snapshot.segmentation_name,
        snapshot.customer_id,
        snapshot.dbt_valid_to,
        snapshot.observation_date

),

states as (

    select
        segmentation_name,
        customer_id,
        segment_id,
        segmentation_version,
        observation_date,
        dbt_valid_from as known_at
    from snapshot
    union all
    -- After a build for an earlier date a customer may be today where that put them.
    select
        snapshot.segmentation_name,
        snapshot.customer_id,
        snapshot.segment_id,
        snapshot.segmentation_version,
        observation_dates.observation_date,
        snapshot.dbt_valid_from as known_at
    from snapshot
    inner join observation_dates
        on snapshot.last_date < observation_dates.observation_date
    where snapshot.dbt_valid_to is null
        and snapshot.observation_date < snapshot.last_date
    union all
    select * from ends
    union all
    select
        segmentation_name,
        customer_id,
        segment_id,
        segmentation_version,
        observation_date,
        null as known_at
    from {{ ref('int_segments_before_history') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by segmentation_name, customer_id, observation_date
            order by known_at desc nulls last
        ) as recency_rank
    from states

),

-- Of two builds for one date the later one counts.
final as (

    select
        ---------- ids
        segmentation_name,
        customer_id,
        segment_id,
        segmentation_version,

        ---------- booleans
        known_at is null as is_reconstructed,

        ---------- dates
        observation_date
    from ranked
    where recency_rank = 1

)

select * from final

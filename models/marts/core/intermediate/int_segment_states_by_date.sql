{{ config(materialized='view') }}

{# In which segment each customer was on which date, as far as builds know. #}
with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

snapshot as (

    select * from {{ ref('customer_segment_snapshot') }}

),

-- All but the last row of a customer, and the last one of who is no more.
closed as (

    select * from snapshot
    where dbt_valid_to is not null

),

last_closed as (

    select
        segmentation_name,
        customer_id,
        max(observation_date) as last_date
    from closed
    group by segmentation_name, customer_id

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
        closed.segmentation_name,
        closed.customer_id,
        cast(null as bigint) as segment_id,
        cast(null as bigint) as segmentation_version,
        greatest(
            closed.observation_date,
            coalesce(
                min_by(builds.observation_date, builds.built_at),
                max(observation_dates.observation_date)
            )
        ) as observation_date,
        closed.dbt_valid_to as known_at
    from closed
    cross join observation_dates
    left join builds
        on closed.dbt_valid_to <= builds.built_at
            and closed.observation_date < builds.observation_date
    anti join snapshot as following
        on closed.segmentation_name = following.segmentation_name
            and closed.customer_id = following.customer_id
            and closed.dbt_valid_to = following.dbt_valid_from
    group by
        closed.segmentation_name,
        closed.customer_id,
        closed.dbt_valid_to,
        closed.observation_date

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
    inner join last_closed
        on snapshot.segmentation_name = last_closed.segmentation_name
            and snapshot.customer_id = last_closed.customer_id
    inner join observation_dates
        on last_closed.last_date < observation_dates.observation_date
    where snapshot.dbt_valid_to is null
        and snapshot.observation_date < last_closed.last_date
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

with

migrations as (

    select * from {{ ref('segment_migrations') }}

),

sizes as (

    select
        segmentation_name,
        observation_date,
        segment_id,
        count(*) as customers
    from {{ ref('customer_segment_assignments') }}
    group by segmentation_name, observation_date, segment_id

),

observation_dates as (

    select
        observation_date,
        lead(observation_date) over (order by observation_date) as next_date
    from {{ ref('int_observation_dates') }}

),

sides as (

    select
        'from' as side,
        segmentation_name,
        from_observation_date as observation_date,
        from_segment_id as segment_id,
        sum(customers) as customers
    from migrations
    where from_segment_id is not null
    group by segmentation_name, from_observation_date, from_segment_id
    union all
    select
        'to' as side,
        segmentation_name,
        to_observation_date as observation_date,
        to_segment_id as segment_id,
        sum(customers) as customers
    from migrations
    where to_segment_id is not null
    group by segmentation_name, to_observation_date, to_segment_id

),

-- The first date is only left and the last one only reached.
expected as (

    select
        'from' as side,
        sizes.segmentation_name,
        sizes.observation_date,
        sizes.segment_id,
        sizes.customers
    from sizes
    inner join observation_dates
        on sizes.observation_date = observation_dates.observation_date
    where observation_dates.next_date is not null
    union all
    select
        'to' as side,
        sizes.segmentation_name,
        sizes.observation_date,
        sizes.segment_id,
        sizes.customers
    from sizes
    inner join observation_dates
        on sizes.observation_date = observation_dates.next_date

)

select *
from expected
full outer join sides
    using (side, segmentation_name, observation_date, segment_id)
where coalesce(expected.customers, 0) <> coalesce(sides.customers, 0)

{#
    Who went from which segment to which, from each observation date to the next. All
    dates are scored by one version, so a segment changes only because time passed or
    because records came.
#}
with

observation_dates as (

    select
        observation_date,
        outcome_end_date is not null as is_complete_window,
        lead(observation_date) over (order by observation_date) as next_date
    from {{ ref('int_observation_dates') }}

),

-- Customers as they were on a date from which there is a next one.
departures as (

    select
        observation_dates.next_date as to_observation_date,
        assignments.customer_id,
        assignments.segmentation_name,
        assignments.segment_id,
        features.record_count,
        features.total_spend,
        features.trailing_spend
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('customer_features') }} as features
        on assignments.observation_date = features.observation_date
            and assignments.customer_id = features.customer_id
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    where observation_dates.next_date is not null

),

-- The same on a date that follows one.
arrivals as (

    select
        assignments.observation_date as to_observation_date,
        assignments.customer_id,
        assignments.segmentation_name,
        assignments.segment_id,
        features.record_count,
        features.total_spend
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('customer_features') }} as features
        on assignments.observation_date = features.observation_date
            and assignments.customer_id = features.customer_id
    inner join observation_dates
        on assignments.observation_date = observation_dates.next_date

),

paired as (

    select
        coalesce(departures.to_observation_date, arrivals.to_observation_date)
            as to_observation_date,
        coalesce(departures.segmentation_name, arrivals.segmentation_name)
            as segmentation_name,
        departures.segment_id as from_segment_id,
        arrivals.segment_id as to_segment_id,
        departures.trailing_spend,
        {{ has_new_records('departures', 'arrivals') }} as has_new_records
    from departures
    full outer join arrivals
        on departures.to_observation_date = arrivals.to_observation_date
            and departures.segmentation_name = arrivals.segmentation_name
            and departures.customer_id = arrivals.customer_id

),

counted as (

    select
        to_observation_date,
        segmentation_name,
        from_segment_id,
        to_segment_id,
        count(*) as customers,
        sum(trailing_spend) as trailing_spend,
        count(nullif(trailing_spend, 0)) as spenders,
        count(*) filter (where has_new_records) as customers_with_new_records,
        count(*) filter (where not has_new_records) as customers_moved_by_time
    from paired
    group by
        to_observation_date, segmentation_name, from_segment_id, to_segment_id

),

versions as (

    select
        segmentation_name,
        segmentation_version
    from {{ ref('segmentation_versions') }}
    where is_in_use

),

final as (

    select
        ---------- ids
        versions.segmentation_name,
        versions.segmentation_version,
        counted.from_segment_id,
        counted.to_segment_id,

        ---------- strings
        case
            when counted.from_segment_id is null then 'new'
            when counted.to_segment_id is null then 'lost'
            when counted.from_segment_id = counted.to_segment_id then 'stayed'
            else 'moved'
        end as movement,

        ---------- numerics
        counted.customers,
        case
            when counted.from_segment_id is not null
                then cast(
                    sum(counted.customers) over (
                        partition by
                            counted.to_observation_date,
                            counted.segmentation_name,
                            counted.from_segment_id
                    ) as bigint
                )
        end as from_customers,
        coalesce(counted.trailing_spend, 0) as trailing_spend,
        counted.spenders,
        {%- for column in ['customers_with_new_records', 'customers_moved_by_time'] %}
        case
            when counted.from_segment_id is not null
                and counted.to_segment_id is not null
                then counted.{{ column }}
        end as {{ column }},
        {%- endfor %}
        {{ dbt.datediff(
            'observation_dates.observation_date', 'counted.to_observation_date', 'day'
        ) }} as days_between,

        ---------- booleans
        observation_dates.is_complete_window,

        ---------- dates
        observation_dates.observation_date as from_observation_date,
        counted.to_observation_date
    from counted
    inner join observation_dates
        on counted.to_observation_date = observation_dates.next_date
    inner join versions
        on counted.segmentation_name = versions.segmentation_name

)

select * from final

with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

final as (

    select
        ---------- ids
        assignments.segmentation_name,
        assignments.customer_id,
        cast(assignments.segment_id as bigint) as segment_id,
        cast(assignments.second_segment_id as bigint) as second_segment_id,
        assignments.segmentation_version,

        ---------- strings
        labels.segment_name,

        ---------- numerics
        round(assignments.distance, 6) as distance,
        round(
            (assignments.second_distance - assignments.distance)
            / nullif(greatest(assignments.second_distance, assignments.distance), 0),
            6
        ) as silhouette,

        ---------- booleans
        assignments.is_outlier,

        ---------- dates
        assignments.observation_date
    from assignments
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    inner join labels
        on assignments.segmentation_name = labels.segmentation_name
            and assignments.segmentation_version = labels.segmentation_version
            and assignments.segment_id = labels.segment_id

)

select * from final

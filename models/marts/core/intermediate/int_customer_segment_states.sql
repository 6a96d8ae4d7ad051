{{ config(materialized='view') }}

{# What the snapshot of customer_segments remembers of each customer of today. #}
with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

features as (

    select * from {{ ref('customer_features') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

final as (

    select
        ---------- ids
        assignments.segmentation_name,
        assignments.customer_id,
        cast(assignments.segment_id as bigint) as segment_id,
        assignments.segmentation_version,

        ---------- numerics
        features.record_count,
        features.total_spend,

        ---------- dates
        assignments.observation_date
    from assignments
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    inner join features
        on assignments.observation_date = features.observation_date
            and assignments.customer_id = features.customer_id

)

select * from final

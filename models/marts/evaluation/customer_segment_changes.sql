with

history as (

    select * from {{ ref('customer_segment_snapshot') }}

),

closed as (

    select * from history
    where dbt_valid_to is not null

),

final as (

    select
        ---------- ids
        closed.segmentation_name,
        closed.customer_id,
        closed.segment_id as from_segment_id,
        following.segment_id as to_segment_id,
        closed.segmentation_version as from_segmentation_version,
        following.segmentation_version as to_segmentation_version,

        ---------- strings
        case
            when closed.segmentation_version <> following.segmentation_version
                then 'new_version'
            when {{ has_new_records('closed', 'following') }} then 'new_records'
            -- No time has passed: a record was corrected.
            when closed.observation_date >= following.observation_date
                then 'new_records'
            else 'passage_of_time'
        end as cause,

        ---------- dates
        closed.observation_date as from_observation_date,
        following.observation_date as to_observation_date,

        ---------- timestamps
        cast(following.dbt_valid_from as timestamp) as changed_at
    from closed
    inner join history as following
        on closed.segmentation_name = following.segmentation_name
            and closed.customer_id = following.customer_id
            and closed.dbt_valid_to = following.dbt_valid_from
    where closed.segment_id <> following.segment_id

)

select * from final

with

states as (

    select * from {{ ref('int_segment_states_by_date') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

changes as (

    select
        *,
        lead(observation_date) over by_customer as next_date
    from (
        select
            *,
            lag(segment_id) over by_date as former_segment_id,
            lag(segmentation_version) over by_date as former_version
        from states
        window by_date as (
            partition by segmentation_name, customer_id order by observation_date asc
        )
    ) as compared
    where former_segment_id is distinct from segment_id
        or former_version is distinct from segmentation_version
    window by_customer as (
        partition by segmentation_name, customer_id order by observation_date asc
    )

),

final as (

    select
        ---------- ids
        changes.segmentation_name,
        changes.customer_id,
        changes.segment_id,
        changes.segmentation_version,

        ---------- strings
        labels.segment_name,

        ---------- booleans
        changes.is_reconstructed,

        ---------- dates
        changes.observation_date as valid_from_date,
        changes.next_date as valid_to_date
    from changes
    inner join labels
        on changes.segmentation_name = labels.segmentation_name
            and changes.segmentation_version = labels.segmentation_version
            and changes.segment_id = labels.segment_id

)

select * from final

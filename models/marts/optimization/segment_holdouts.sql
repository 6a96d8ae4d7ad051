with

holdouts as (

    select * from {{ ref('int_customer_holdouts') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

final as (

    select
        ---------- ids
        holdouts.campaign_id,
        holdouts.customer_id,
        holdouts.segment_id,
        holdouts.segmentation_version,

        ---------- strings
        labels.segment_name,

        ---------- numerics
        holdouts.assignment_number,
        holdouts.holdout_share,

        ---------- booleans
        holdouts.is_held_out,
        holdouts.is_in_both_arms,
        holdouts.is_contactable,

        ---------- dates
        holdouts.assigned_on
    from holdouts
    left join labels
        on holdouts.segmentation_version = labels.segmentation_version
            and holdouts.segment_id = labels.segment_id

)

select * from final

with

labels as (

    select * from {{ ref('int_segment_labels') }}

),

final as (

    select
        segmentation_name,
        segment_name,
        cast(null as bigint) as segment_id,
        'several segments have this name' as problem
    from labels
    group by segmentation_name, segment_name
    having count(distinct segment_id) > 1
    union all
    select
        segmentation_name,
        min(segment_name) as segment_name,
        segment_id,
        'this segment has had several names' as problem
    from labels
    group by segmentation_name, segment_id
    having count(distinct segment_name) > 1

)

select * from final

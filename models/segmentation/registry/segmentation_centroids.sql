with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and feature_name is not null
        and unit_number is null

),

final as (

    select
        ---------- ids
        segmentation_name,
        segmentation_version,
        segment_id,
        feature_name,

        ---------- numerics
        {{ registry_parameter('centroid') }} as centroid,
        {{ registry_parameter('centroid_original') }} as centroid_original
    from registry
    group by segmentation_name, segmentation_version, segment_id, feature_name

)

select * from final

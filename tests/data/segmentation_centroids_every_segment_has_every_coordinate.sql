with

versions as (

    select * from {{ ref('segmentation_versions') }}

),

features as (

    select
        segmentation_name,
        segmentation_version,
        count(*) as features
    from {{ ref('int_segmentation_preprocessing') }}
    group by segmentation_name, segmentation_version

),

coordinates as (

    select
        segmentation_name,
        segmentation_version,
        count(distinct segment_id) as segments,
        count(centroid) as coordinates,
        count(centroid_original) as original_coordinates
    from {{ ref('segmentation_centroids') }}
    group by segmentation_name, segmentation_version

)

select *
from versions
left join features using (segmentation_name, segmentation_version)
left join coordinates using (segmentation_name, segmentation_version)
where coalesce(segments, 0) <> n_segments
    or coalesce(coordinates, 0) <> n_segments * coalesce(features, 0)
    or coalesce(original_coordinates, 0) <> n_segments * coalesce(features, 0)
    or coalesce(features, 0) = 0

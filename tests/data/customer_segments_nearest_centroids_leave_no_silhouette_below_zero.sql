with

customers as (

    select * from {{ ref('customer_segments') }}

),

-- The versions whose scores are all squared distances.
nearest_centroid_versions as (

    select
        segmentation_name,
        segmentation_version
    from {{ ref('int_segmentation_score_terms') }}
    group by segmentation_name, segmentation_version
    having bool_and(score_curvature = 1 and score_slope = 0 and score_intercept = 0)

)

select
    customers.customer_id,
    customers.segment_id,
    customers.second_segment_id,
    customers.silhouette
from customers
inner join nearest_centroid_versions
    on customers.segmentation_name = nearest_centroid_versions.segmentation_name
        and customers.segmentation_version
        = nearest_centroid_versions.segmentation_version
where customers.silhouette < 0

{{ config(materialized='view') }}

with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and unit_number is null

),

intercepts as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        number_value as score_intercept
    from registry
    where parameter = 'score_intercept'

),

terms as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        feature_name,
        {{ registry_parameter('centroid') }} as centroid,
        {{ registry_parameter('score_curvature') }} as score_curvature,
        {{ registry_parameter('score_slope') }} as score_slope
    from registry
    where feature_name is not null
    group by segmentation_name, segmentation_version, segment_id, feature_name

),

final as (

    select
        ---------- ids
        terms.segmentation_name,
        terms.segmentation_version,
        terms.segment_id,
        terms.feature_name,

        ---------- numerics
        terms.centroid,
        terms.score_curvature,
        terms.score_slope,
        intercepts.score_intercept
    from terms
    inner join intercepts
        on terms.segmentation_name = intercepts.segmentation_name
            and terms.segmentation_version = intercepts.segmentation_version
            and terms.segment_id = intercepts.segment_id

)

select * from final

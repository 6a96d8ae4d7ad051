{{ config(materialized='view') }}

with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is null
        and feature_name is not null
        and unit_number is null

),

final as (

    select
        ---------- ids
        segmentation_name,
        segmentation_version,
        feature_name,

        ---------- strings
        {{ registry_parameter('impute', 'string') }} as impute,
        {{ registry_parameter('transform', 'string') }} as transform,
        {{ registry_parameter('scaler', 'string') }} as scaler,

        ---------- numerics
        cast({{ registry_parameter('feature_number') }} as int) as feature_number,
        {{ registry_parameter('impute_value') }} as impute_value,
        {{ registry_parameter('cap_lower') }} as cap_lower,
        {{ registry_parameter('cap_upper') }} as cap_upper,
        {{ registry_parameter('center') }} as center,
        {{ registry_parameter('scale') }} as scale,
        {{ registry_parameter('weight') }} as weight
    from registry
    group by segmentation_name, segmentation_version, feature_name

)

select * from final

{#
    Where each segment id came from and what became of it, told from the version in use
    back to the first: versions that came after a pinned one do not exist for it.
#}
{# Below this overlap with its predecessor a segment is said to be matched weakly. #}
{% set weak_match_similarity = 0.75 %}

with

version_in_use as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

registry as (

    select registry.*
    from {{ ref('segmentation_registry') }} as registry
    inner join version_in_use
        on registry.segmentation_name = version_in_use.segmentation_name
            and registry.segmentation_version <= version_in_use.segmentation_version
    where registry.feature_name is null

),

versions as (

    select
        segmentation_name,
        segmentation_version,
        cast({{ registry_parameter('matched_from_version') }} as bigint)
            as matched_from_version
    from registry
    where segment_id is null
    group by segmentation_name, segmentation_version

),

-- Segment 0 is the same customers by definition, so it is matched without a fit.
fitted_segments as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        cast({{ registry_parameter('matched_from_segment_id') }} as bigint)
            as matched_from_segment_id,
        {{ registry_parameter('match_similarity') }} as match_similarity
    from registry
    where segment_id is not null
    group by segmentation_name, segmentation_version, segment_id
    union all
    select
        versions.segmentation_name,
        versions.segmentation_version,
        {{ never_buyers_segment_id() }} as segment_id,
        case
            when versions.matched_from_version > 0 then {{ never_buyers_segment_id() }}
        end as matched_from_segment_id,
        case when versions.matched_from_version > 0 then 1 end as match_similarity
    from versions
    inner join {{ ref('int_purchase_evidence') }} as purchase_evidence
        on purchase_evidence.has_purchase_records

),

lifetimes as (

    select
        segmentation_name,
        segment_id,
        min(segmentation_version) as first_segmentation_version,
        max(segmentation_version) as last_segmentation_version
    from fitted_segments
    group by segmentation_name, segment_id

),

final as (

    select
        ---------- ids
        lifetimes.segmentation_name,
        lifetimes.segment_id,
        lifetimes.first_segmentation_version,
        lifetimes.last_segmentation_version,
        case
            when fitted_segments.matched_from_segment_id is not null
                then versions.matched_from_version
        end as matched_from_version,
        fitted_segments.matched_from_segment_id,

        ---------- strings
        case
            when
                lifetimes.last_segmentation_version
                < version_in_use.segmentation_version
                then 'retired'
            when versions.matched_from_version is null then 'first_fit'
            when fitted_segments.matched_from_segment_id is null then 'new'
            when fitted_segments.match_similarity < {{ weak_match_similarity }}
                then 'weakly_matched'
            else 'kept'
        end as identity_status,

        ---------- numerics
        round(fitted_segments.match_similarity, 6) as match_similarity,

        ---------- booleans
        lifetimes.last_segmentation_version = version_in_use.segmentation_version
            as is_in_use
    from lifetimes
    inner join version_in_use
        on lifetimes.segmentation_name = version_in_use.segmentation_name
    inner join fitted_segments
        on lifetimes.segmentation_name = fitted_segments.segmentation_name
            and lifetimes.segment_id = fitted_segments.segment_id
            and lifetimes.last_segmentation_version
                = fitted_segments.segmentation_version
    inner join versions
        on lifetimes.segmentation_name = versions.segmentation_name
            and lifetimes.last_segmentation_version = versions.segmentation_version

)

select * from final

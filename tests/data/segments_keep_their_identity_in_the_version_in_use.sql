{{ config(severity='warn') }}

with

segments as (

    select * from {{ ref('segments') }}

),

version_in_use as (

    select
        segmentation_name,
        max(segmentation_version) as segmentation_version
    from segments
    where is_in_use
    group by segmentation_name

),

-- What an earlier version retired was said when that version came.
retired_by_version_in_use as (

    select
        segmentation_versions.segmentation_name,
        segmentation_versions.segmentation_version
    from {{ ref('segmentation_registry') }} as registry
    inner join version_in_use
        on registry.segmentation_name = version_in_use.segmentation_name
            and registry.segmentation_version = version_in_use.segmentation_version
    inner join {{ ref('segmentation_versions') }} as segmentation_versions
        on registry.segmentation_name = segmentation_versions.segmentation_name
            and registry.number_value = segmentation_versions.segmentation_version
    where registry.parameter = 'matched_from_version'

),

final as (

    select
        segments.segmentation_name,
        segments.segment_id,
        segments.segment_name,
        segments.identity_status,
        case segments.identity_status
            when 'weakly_matched'
                then 'Version ' || cast(segments.segmentation_version as string)
                    || ' shares only ' || cast(segments.match_similarity as string)
                    || ' of its customers with version '
                    || cast(segments.matched_from_version as string) || '.'
            when 'new'
                then 'Version ' || cast(segments.segmentation_version as string)
                    || ' found it; no segment of the version before shares enough of'
                    || ' its customers.'
            else 'Version ' || cast(version_in_use.segmentation_version as string)
                || ' has no segment that shares enough of its customers; its number'
                || ' will not be used again.'
        end as reason
    from segments
    inner join version_in_use
        on segments.segmentation_name = version_in_use.segmentation_name
    left join retired_by_version_in_use
        on segments.segmentation_name = retired_by_version_in_use.segmentation_name
            and segments.last_segmentation_version
                = retired_by_version_in_use.segmentation_version
    where segments.identity_status in ('weakly_matched', 'new')
        or (
            segments.identity_status = 'retired'
            and retired_by_version_in_use.segmentation_version is not null
        )

)

select * from final

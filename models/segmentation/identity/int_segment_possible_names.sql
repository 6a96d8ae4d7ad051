with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and feature_name is null
        and unit_number is null

),

versions as (

    select * from {{ ref('segmentation_versions') }}

),

-- Segment 0 has its name from the start, as if a method had given it.
fitted_segments as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        min(segmentation_version) over (
            partition by segmentation_name, segment_id
        ) as first_version,
        coalesce(
            {{ registry_parameter('distinct_given_name', 'string') }},
            {{ registry_parameter('given_name', 'string') }}
        ) as given_name,
        {{ registry_parameter('descriptive_name', 'string') }} as descriptive_name,
        {{ registry_parameter('neutral_name', 'string') }} as neutral_name
    from registry
    group by segmentation_name, segmentation_version, segment_id
    union all
    select
        segmentation_name,
        segmentation_version,
        {{ never_buyers_segment_id() }} as segment_id,
        min(segmentation_version) over (
            partition by segmentation_name
        ) as first_version,
        '{{ never_buyers_name() }}' as given_name,
        cast(null as string) as descriptive_name,
        cast(null as string) as neutral_name
    from versions

),

-- The latest given name counts, up to a pinned version. Of the others the first does.
possible_names as (

    select
        '{{ segmentation_name() }}' as segmentation_name,
        segment_id,
        'chosen' as origin,
        0 as priority,
        0 as place,
        segment_name
    from {{ ref('segment_names') }}
    union all
    select
        fitted_segments.segmentation_name,
        fitted_segments.segment_id,
        'given' as origin,
        1 as priority,
        -fitted_segments.segmentation_version as place,
        fitted_segments.given_name as segment_name
    from fitted_segments
    inner join versions
        on fitted_segments.segmentation_name = versions.segmentation_name
            and versions.is_in_use
    where fitted_segments.segmentation_version
        <= greatest(fitted_segments.first_version, versions.segmentation_version)
    {%- for origin in ['descriptive', 'neutral'] %}
    union all
    select
        segmentation_name,
        segment_id,
        '{{ origin }}' as origin,
        {{ loop.index + 1 }} as priority,
        segmentation_version as place,
        {{ origin }}_name as segment_name
    from fitted_segments
    {%- endfor %}

),

final as (

    select
        ---------- ids
        segmentation_name,
        segment_id,

        ---------- strings
        segment_name,
        origin,

        ---------- numerics
        row_number() over (
            partition by segmentation_name, segment_id order by priority asc, place asc
        ) as preference
    from possible_names
    where segment_name is not null

)

select * from final

{#
    The fit names segments and stores the names. No two segments share one, so only a
    name chosen in the seed segment_names can be that of another segment, which then
    goes on to its next.
#}
with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and feature_name is null
        and unit_number is null

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
        cast({{ registry_parameter('training_customers') }} as bigint)
            as training_customers,
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
        0 as training_customers,
        '{{ never_buyers_name() }}' as given_name,
        cast(null as string) as descriptive_name,
        cast(null as string) as neutral_name
    from {{ ref('segmentation_versions') }}

),

-- The latest given name counts, up to a pinned version. Of the others the first does.
possible_names as (

    select
        '{{ segmentation_name() }}' as segmentation_name,
        segment_id,
        0 as priority,
        0 as place,
        segment_name
    from {{ ref('segment_names') }}
    union all
    select
        fitted_segments.segmentation_name,
        fitted_segments.segment_id,
        1 as priority,
        -fitted_segments.segmentation_version as place,
        fitted_segments.given_name as segment_name
    from fitted_segments
    inner join {{ ref('segmentation_versions') }} as versions
        on fitted_segments.segmentation_name = versions.segmentation_name
            and versions.is_in_use
    where fitted_segments.segmentation_version
        <= greatest(fitted_segments.first_version, versions.segmentation_version)
    {%- for name in ['descriptive_name', 'neutral_name'] %}
    union all
    select
        segmentation_name,
        segment_id,
        {{ loop.index + 1 }} as priority,
        segmentation_version as place,
        {{ name }} as segment_name
    from fitted_segments
    {%- endfor %}

),

ranked_names as (

    select
        possible_names.*,
        row_number() over (
            partition by possible_names.segmentation_name, possible_names.segment_id
            order by possible_names.priority asc, possible_names.place asc
        ) as name_rank
    from possible_names
    left join {{ ref('segment_names') }} as others
        on possible_names.segmentation_name = '{{ segmentation_name() }}'
            and lower(possible_names.segment_name) = lower(others.segment_name)
            and possible_names.segment_id <> others.segment_id
    where possible_names.segment_name is not null
        and (others.segment_id is null or possible_names.priority = 0)

),

final as (

    select
        ---------- ids
        fitted_segments.segmentation_name,
        fitted_segments.segmentation_version,
        fitted_segments.segment_id,

        ---------- strings
        coalesce(
            ranked_names.segment_name,
            'Segment ' || cast(fitted_segments.segment_id as string)
        ) as segment_name,

        ---------- numerics
        fitted_segments.training_customers,

        ---------- booleans
        coalesce(ranked_names.priority = 0, false) as is_name_chosen
    from fitted_segments
    left join ranked_names
        on fitted_segments.segmentation_name = ranked_names.segmentation_name
            and fitted_segments.segment_id = ranked_names.segment_id
            and ranked_names.name_rank = 1

)

select * from final

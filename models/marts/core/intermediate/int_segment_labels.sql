{#
    The fit names segments and stores the names. No two segments share one, so only a
    name chosen in the seed segment_names can be that of another segment, which then
    goes on to its next; so does a segment whose descriptive name claims what today's
    evidence does not support.
#}
with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and feature_name is null
        and unit_number is null

),

segments as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        cast({{ registry_parameter('training_customers') }} as bigint)
            as training_customers
    from registry
    group by segmentation_name, segmentation_version, segment_id
    union all
    select
        segmentation_name,
        segmentation_version,
        {{ never_buyers_segment_id() }} as segment_id,
        0 as training_customers
    from {{ ref('segmentation_versions') }}

),

-- What people or a method called a segment stays, whatever its words claim.
judged_names as (

    select
        possible_names.segmentation_name,
        possible_names.segment_id,
        possible_names.segment_name,
        possible_names.origin,
        possible_names.preference,
        bool_and(claims.is_supported) as is_supported,
        possible_names.origin = 'chosen'
        or max(others.segment_id) is null
        and (
            possible_names.origin = 'given'
            or bool_and(claims.is_supported) is not false
        ) as is_free
    from {{ ref('int_segment_possible_names') }} as possible_names
    left join {{ ref('segment_names') }} as others
        on possible_names.segmentation_name = '{{ segmentation_name() }}'
            and lower(possible_names.segment_name) = lower(others.segment_name)
            and possible_names.segment_id <> others.segment_id
    left join {{ ref('int_segment_claims') }} as claims
        on possible_names.segmentation_name = claims.segmentation_name
            and possible_names.segment_id = claims.segment_id
            and ' ' || replace(lower(possible_names.segment_name), ',', '') || ' '
            like '% ' || lower(claims.word) || ' %'
    group by
        possible_names.segmentation_name, possible_names.segment_id,
        possible_names.segment_name, possible_names.origin, possible_names.preference

),

ranked_names as (

    select
        *,
        row_number() over (
            partition by segmentation_name, segment_id
            order by is_free desc, preference asc
        ) as name_rank,
        first_value(segment_name) over (
            partition by segmentation_name, segment_id
            order by origin = 'chosen', preference asc
        ) as fitted_name
    from judged_names

),

final as (

    select
        ---------- ids
        segments.segmentation_name,
        segments.segmentation_version,
        segments.segment_id,

        ---------- strings
        coalesce(
            case when names.is_free then names.segment_name end,
            'Segment ' || cast(segments.segment_id as string)
        ) as segment_name,
        names.fitted_name,

        ---------- numerics
        segments.training_customers,

        ---------- booleans
        coalesce(names.origin = 'chosen', false) as is_name_chosen,
        case when names.is_free then names.is_supported end as is_name_supported,

        ---------- dates
        observation_dates.observation_date
    from segments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on observation_dates.is_current
    left join ranked_names as names
        on segments.segmentation_name = names.segmentation_name
            and segments.segment_id = names.segment_id
            and names.name_rank = 1

)

select * from final

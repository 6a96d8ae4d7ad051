{#
    A name for each segment: the one chosen in the seed segment_names, else the one that
    its method gives it, else one of those derived from what sets it apart. A derived
    name is that of the version in which the segment's id first appeared, so it follows
    the id through every later one.
#}
with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and parameter in ('training_customers', 'given_name')

),

version_in_use as (

    select segmentation_version from {{ ref('segmentation_versions') }}
    where is_in_use

),

derived_names as (

    select * from {{ ref('int_segment_derived_names') }}

),

chosen_names as (

    select
        cast(segment_id as bigint) as segment_id,
        segment_name
    from {{ ref('segment_names') }}

),

fitted_segments as (

    select
        segmentation_version,
        segment_id,
        cast({{ registry_parameter('training_customers') }} as bigint)
            as training_customers,
        {{ registry_parameter('given_name', 'string') }} as given_name
    from registry
    group by segmentation_version, segment_id

),

segments as (

    select
        segment_id,
        min(segmentation_version) as first_version
    from fitted_segments
    group by segment_id

),

-- Whoever edits given names means the latest; a version after a pinned one gives none.
given_names as (

    select
        fitted_segments.segment_id,
        max(fitted_segments.segmentation_version) as given_version,
        max_by(fitted_segments.given_name, fitted_segments.segmentation_version)
            as given_name
    from fitted_segments
    inner join segments
        on fitted_segments.segment_id = segments.segment_id
    cross join version_in_use
    where fitted_segments.given_name is not null
        and fitted_segments.segmentation_version
        <= greatest(segments.first_version, version_in_use.segmentation_version)
    group by fitted_segments.segment_id

),

-- What each segment could be called, the best first, and since which version.
claims as (

    select
        segment_id,
        0 as claim_rank,
        cast(0 as bigint) as claim_version,
        segment_name as name
    from chosen_names
    union all
    select
        segment_id,
        1 as claim_rank,
        given_version as claim_version,
        given_name as name
    from given_names
    union all
    select
        derived_names.segment_id,
        2 + derived_names.extra_words as claim_rank,
        derived_names.segmentation_version as claim_version,
        derived_names.derived_name as name
    from derived_names
    inner join segments
        on derived_names.segment_id = segments.segment_id
            and derived_names.segmentation_version = segments.first_version

),

claimed as (

    select
        segment_id,
        name,
        min(claim_rank) as claim_rank,
        min(claim_version) as claim_version
    from claims
    group by segment_id, name

),

-- Only claims of the same version and of earlier ones make a name need more words or
-- its number, so that no name ever changes because of an id that came later.
told_apart as (

    select
        *,
        count(*) over (
            partition by name
            order by claim_version
            range between unbounded preceding and current row
        ) = 1 as is_free,
        first_value(name) over (
            partition by segment_id
            order by case claim_rank when 0 then 9 else claim_rank end
        ) as best_name,
        min(claim_rank) over (partition by segment_id) as best_rank
    from claimed

),

-- A given name is numbered rather than given up for a derived one.
decided as (

    select
        segment_id,
        max(best_name) as best_name,
        min_by(name, claim_rank) filter (
            where claim_rank = 0
            or (is_free and (claim_rank = 1 or best_rank <> 1))
        ) as free_name
    from told_apart
    group by segment_id

),

final as (

    select
        ---------- ids
        fitted_segments.segmentation_version,
        fitted_segments.segment_id,

        ---------- strings
        coalesce(
            decided.free_name,
            decided.best_name
            || ' (' || cast(fitted_segments.segment_id as string) || ')',
            'Segment ' || cast(fitted_segments.segment_id as string)
        ) as segment_name,

        ---------- numerics
        fitted_segments.training_customers,

        ---------- booleans
        chosen_names.segment_id is not null as is_name_chosen
    from fitted_segments
    left join decided
        on fitted_segments.segment_id = decided.segment_id
    left join chosen_names
        on fitted_segments.segment_id = chosen_names.segment_id

)

select * from final

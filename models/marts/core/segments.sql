with

identities as (

    select * from {{ ref('int_segment_identities') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

sizes as (

    select
        segment_id,
        count(*) as customers,
        count(*) filter (where is_outlier) as outliers,
        max(observation_date) as observation_date
    from {{ ref('customer_segments') }}
    group by segment_id

),

-- What a build called a segment, beginning with the name of the fit.
names as (

    select
        segment_id,
        segment_name,
        dbt_valid_from as named_at,
        observation_date
    from {{ ref('segment_name_snapshot') }}
    union all
    select
        segment_id,
        fitted_name as segment_name,
        cast(null as timestamp) as named_at,
        cast(null as date) as observation_date
    from labels

),

latest_changes as (

    select
        segment_id,
        max_by(former_name, named_at) as former_segment_name,
        max_by(observation_date, named_at) as name_changed_on
    from (
        select
            *,
            lag(segment_name) over (
                partition by segment_id order by named_at asc nulls first
            ) as former_name
        from names
    ) as followed
    where former_name <> segment_name
    group by segment_id

),

final as (

    select
        ---------- ids
        identities.segment_id,
        identities.last_segmentation_version as segmentation_version,
        identities.first_segmentation_version,
        identities.last_segmentation_version,
        identities.matched_from_version,
        identities.matched_from_segment_id,

        ---------- strings
        labels.segment_name,
        latest_changes.former_segment_name,
        identities.identity_status,
        versions.method,

        ---------- numerics
        coalesce(sizes.customers, 0) as customers,
        round(
            coalesce(sizes.customers, 0)
            / nullif(cast(sum(sizes.customers) over () as double), 0),
            6
        ) as customer_share,
        coalesce(sizes.outliers, 0) as outliers,
        labels.training_customers,
        identities.match_similarity,

        ---------- booleans
        identities.is_in_use,
        labels.is_name_chosen,
        labels.is_name_supported,

        ---------- dates
        max(sizes.observation_date) over () as observation_date,
        versions.training_date,
        latest_changes.name_changed_on
    from identities
    inner join labels
        on identities.last_segmentation_version = labels.segmentation_version
            and identities.segment_id = labels.segment_id
    inner join {{ ref('segmentation_versions') }} as versions
        on identities.last_segmentation_version = versions.segmentation_version
    left join sizes
        on identities.segment_id = sizes.segment_id
    left join latest_changes
        on identities.segment_id = latest_changes.segment_id

)

select * from final

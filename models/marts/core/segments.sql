with

identities as (

    select * from {{ ref('int_segment_identities') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

sizes as (

    select sizes.*
    from {{ ref('int_segment_sizes') }} as sizes
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on sizes.observation_date = observation_dates.observation_date
    where observation_dates.is_current

),

-- What a build called a segment before; the first name is that of the fit.
latest_changes as (

    select
        segmentation_name,
        segment_id,
        max_by(former_name, dbt_valid_from) as former_segment_name,
        max_by(observation_date, dbt_valid_from) as name_changed_on
    from (
        select
            *,
            coalesce(
                lag(segment_name) over (
                    partition by segmentation_name, segment_id order by dbt_valid_from
                ),
                fitted_name
            ) as former_name
        from {{ ref('segment_name_snapshot') }}
    ) as names
    where former_name <> segment_name
    group by segmentation_name, segment_id

),

final as (

    select
        ---------- ids
        identities.segmentation_name,
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
            / nullif(
                cast(
                    sum(sizes.customers) over (
                        partition by identities.segmentation_name
                    ) as double
                ),
                0
            ),
            6
        ) as customer_share,
        case
            when sizes.customers between 1 and {{ var('minimum_cell_size') - 1 }}
                then null
            else coalesce(sizes.outliers, 0)
        end as outliers,
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
        on identities.segmentation_name = labels.segmentation_name
            and identities.last_segmentation_version = labels.segmentation_version
            and identities.segment_id = labels.segment_id
    inner join {{ ref('segmentation_versions') }} as versions
        on identities.segmentation_name = versions.segmentation_name
            and identities.last_segmentation_version = versions.segmentation_version
    left join sizes
        on identities.segmentation_name = sizes.segmentation_name
            and identities.segment_id = sizes.segment_id
    left join latest_changes
        on identities.segmentation_name = latest_changes.segmentation_name
            and identities.segment_id = latest_changes.segment_id

)

select * from final

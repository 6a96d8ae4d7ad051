with

identities as (

    select * from {{ ref('int_segment_identities') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

sizes as (

    select
        segment_id,
        count(*) as customers,
        count(*) filter (where is_outlier) as outliers,
        max(observation_date) as observation_date
    from customer_segments
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

        ---------- dates
        max(sizes.observation_date) over () as observation_date,
        versions.training_date
    from identities
    inner join labels
        on identities.last_segmentation_version = labels.segmentation_version
            and identities.segment_id = labels.segment_id
    inner join versions
        on identities.last_segmentation_version = versions.segmentation_version
    left join sizes
        on identities.segment_id = sizes.segment_id

)

select * from final

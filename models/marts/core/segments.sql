with

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

labels as (

    select * from {{ ref('segment_labels') }}

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
        labels.segment_id,
        labels.segmentation_version,

        ---------- strings
        labels.segment_name,
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

        ---------- booleans
        labels.is_name_chosen,

        ---------- dates
        max(sizes.observation_date) over () as observation_date,
        versions.training_date
    from labels
    inner join versions
        on labels.segmentation_version = versions.segmentation_version
    left join sizes
        on labels.segment_id = sizes.segment_id

)

select * from final

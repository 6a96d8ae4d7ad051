with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

labels as (

    select labels.*
    from {{ ref('int_segment_labels') }} as labels
    inner join {{ ref('segmentation_versions') }} as versions
        on labels.segmentation_name = versions.segmentation_name
            and labels.segmentation_version = versions.segmentation_version
    cross join {{ ref('int_purchase_evidence') }} as purchase_evidence
    where versions.is_in_use
        and (
            labels.segment_id <> {{ never_buyers_segment_id() }}
            or purchase_evidence.has_purchase_records
        )

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

counted as (

    select
        observation_date,
        segmentation_name,
        segment_id,
        count(*) as customers,
        count_if(is_outlier) as outliers
    from assignments
    group by observation_date, segmentation_name, segment_id

),

-- A segment without customers on a date has a size too.
final as (

    select
        ---------- ids
        labels.segmentation_name,
        labels.segment_id,
        labels.segmentation_version,

        ---------- strings
        labels.segment_name,

        ---------- numerics
        coalesce(counted.customers, 0) as customers,
        cast(coalesce(counted.outliers, 0) as bigint) as outliers,
        labels.training_customers,

        ---------- dates
        observation_dates.observation_date
    from labels
    cross join observation_dates
    left join counted
        on labels.segmentation_name = counted.segmentation_name
            and labels.segment_id = counted.segment_id
            and observation_dates.observation_date = counted.observation_date

)

select * from final

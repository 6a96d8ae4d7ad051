with

cells as (

    select * from {{ ref('int_segment_cohort_cells') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

final as (

    select
        ---------- ids
        cells.segmentation_name,
        cells.segmentation_version,
        cast(cells.segment_id as bigint) as segment_id,

        ---------- strings
        labels.segment_name,

        ---------- numerics
        cast(cells.month_number as bigint) as month_number,
        cast(cells.customers as bigint) as customers,
        case
            when cells.is_shown then cast(cells.active_customers as bigint)
        end as active_customers,
        case
            when cells.is_shown
                then round(
                    cells.active_customers / cast(cells.customers as double), 6
                )
        end as retention_rate,
        case
            when cells.is_value_shown
                then round(
                    cast(cells.cumulative_spend as double) / cells.customers, 4
                )
        end as cumulative_value,

        ---------- booleans
        cells.is_all_cohorts,
        not cells.is_shown as is_suppressed,

        ---------- dates
        cells.cohort_month,
        cells.observation_date
    from cells
    left join labels
        on cells.segmentation_name = labels.segmentation_name
            and cells.segmentation_version = labels.segmentation_version
            and cells.segment_id = labels.segment_id

)

select * from final

{#
    Which months of cohorts are shown. Hidden are those of fewer than var
    minimum_cell_size customers and those in which so few ordered, though not those in
    which nobody did, and the smallest other one where all cohorts less the shown ones
    would tell of so few.
#}
with

cohorts as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers'],
            contributors=['active_customers'],
            total=['segmentation_name', 'segment_id', 'month_number'],
            ties='cohort_month'
        ) }} as is_shown
    from {{ ref('int_segment_cohort_months') }}

),

-- Where no other cohort could be hidden, all of them are few.
cells as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        month_number,
        sum(customers) as customers,
        sum(active_customers) as active_customers,
        sum(cumulative_spend) as cumulative_spend,
        grouping(cohort_month) = 1 as is_all_cohorts,
        case
            when grouping(cohort_month) = 0 then bool_and(is_shown)
            else {{ is_large_cell(['sum(customers)'], ['sum(active_customers)']) }}
        end as is_shown,
        cohort_month,
        observation_date
    from cohorts
    group by
        segmentation_name,
        segmentation_version,
        segment_id,
        month_number,
        observation_date,
        rollup(cohort_month)

),

-- Where nobody ordered the value is that of the month before, which may be hidden.
final as (

    select
        ---------- ids
        segmentation_name,
        segmentation_version,
        segment_id,

        ---------- numerics
        month_number,
        customers,
        active_customers,
        cumulative_spend,

        ---------- booleans
        is_all_cohorts,
        is_shown,
        is_shown and active_customers >= {{ var('minimum_cell_size') }}
            as is_value_shown,

        ---------- dates
        cohort_month,
        observation_date
    from cells

)

select * from final

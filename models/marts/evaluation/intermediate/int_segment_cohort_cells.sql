{#
    Which months of cohorts are shown. Hidden are those of fewer than var
    minimum_cell_size customers, and the smallest other one where all cohorts less the
    shown ones would tell of so few. A value needs that many who ordered in its month as
    well: the difference from the month before would be theirs alone.
#}
{% set minimum = var('minimum_cell_size') %}
{% set few = 'between 1 and ' ~ (minimum - 1) %}
{% set month = ['segmentation_name', 'segment_id', 'month_number'] %}

with

sizes_judged as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers'],
            contributors=[],
            total=month,
            ties='cohort_month'
        ) }} as is_shown
    from {{ ref('int_segment_cohort_months') }}

),

cells as (

    select
        *,
        {{ is_shown_cell(
            customers=['active_customers'],
            contributors=[],
            total=month,
            ties='cohort_month',
            is_published='is_shown'
        ) }} as is_value_shown
    from sizes_judged

),

-- Where no other cohort could be hidden, all cohorts are.
final as (

    select
        ---------- ids
        segmentation_name,
        segmentation_version,
        segment_id,

        ---------- numerics
        month_number,
        sum(customers) as customers,
        sum(active_customers) as active_customers,
        sum(cumulative_spend) as cumulative_spend,

        ---------- booleans
        grouping(cohort_month) = 1 as is_all_cohorts,
        case
            when grouping(cohort_month) = 0 then bool_and(is_shown)
            else sum(customers) >= {{ minimum }}
                and coalesce(sum(customers) filter (where not is_shown), 0)
                not {{ few }}
        end as is_shown,
        case
            when grouping(cohort_month) = 0 then bool_and(is_value_shown)
            else sum(active_customers) >= {{ minimum }}
                and coalesce(sum(customers) filter (where not is_shown), 0)
                not {{ few }}
                and coalesce(
                    sum(active_customers) filter (where not is_value_shown), 0
                ) not {{ few }}
        end as is_value_shown,

        ---------- dates
        cohort_month,
        observation_date
    from cells
    group by
        segmentation_name,
        segmentation_version,
        segment_id,
        month_number,
        observation_date,
        rollup(cohort_month)

)

select * from final

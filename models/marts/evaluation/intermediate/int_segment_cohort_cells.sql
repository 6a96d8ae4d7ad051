{#
    Which months of cohorts are shown. Hidden are those of fewer than var
    minimum_cell_size customers, and the smallest other one where all cohorts less the
    shown ones would tell of so few. A value needs that many who ordered in its month as
    well: the difference from the month before would be theirs alone.
#}
{% set minimum = var('minimum_cell_size') %}
{% set few = 'between 1 and ' ~ (minimum - 1) %}
{% set month = 'segmentation_name, segment_id, month_number' %}

with

cohort_months as (

    select
        *,
        customers >= {{ minimum }} as is_large
    from {{ ref('int_segment_cohort_months') }}

),

sizes_judged as (

    select
        *,
        is_large and not (
            coalesce(
                sum(customers) filter (where not is_large)
                    over (partition by {{ month }}), 0
            ) {{ few }}
            and row_number() over (
                partition by {{ month }}, is_large
                order by customers, cohort_month
            ) = 1
        ) as is_shown
    from cohort_months

),

orders_judged as (

    select
        *,
        is_shown and active_customers >= {{ minimum }} as is_active_enough
    from sizes_judged

),

cells as (

    select
        *,
        is_active_enough and not (
            coalesce(
                sum(active_customers) filter (where not is_active_enough)
                    over (partition by {{ month }}), 0
            ) {{ few }}
            and row_number() over (
                partition by {{ month }}, is_active_enough
                order by active_customers, cohort_month
            ) = 1
        ) as is_value_shown
    from orders_judged

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

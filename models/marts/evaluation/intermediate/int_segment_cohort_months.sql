{#
    What customers did in each month since that of their first order, by the segment that
    they are in today. Only months that are over.
#}
with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

customer_months as (

    select * from {{ ref('int_customer_order_months') }}

),

cohorts as (

    select
        customer_id,
        min(activity_month) filter (where is_active) as cohort_month
    from customer_months
    group by customer_id

),

members as (

    select
        assignments.segmentation_name,
        assignments.segmentation_version,
        assignments.segment_id,
        assignments.customer_id,
        assignments.observation_date,
        cohorts.cohort_month
    from assignments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on assignments.observation_date = observation_dates.observation_date
    inner join cohorts on assignments.customer_id = cohorts.customer_id
    where cohorts.cohort_month is not null and observation_dates.is_current

),

-- What was given back before a first order counts in its month.
activity as (

    select
        members.segmentation_name,
        members.segment_id,
        members.cohort_month,
        greatest(customer_months.activity_month, members.cohort_month)
            as activity_month,
        count(*) filter (where customer_months.is_active) as active_customers,
        sum(customer_months.spend) as spend
    from members
    inner join customer_months
        on members.customer_id = customer_months.customer_id
    group by all

),

sizes as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        observation_date,
        cohort_month,
        count(*) as customers
    from members
    group by all

),

months as (

    select distinct activity_month from activity

),

final as (

    select
        ---------- ids
        sizes.segmentation_name,
        sizes.segmentation_version,
        sizes.segment_id,

        ---------- numerics
        {{ dbt.datediff('sizes.cohort_month', 'months.activity_month', 'month') }}
            as month_number,
        sizes.customers,
        coalesce(activity.active_customers, 0) as active_customers,
        sum(coalesce(activity.spend, 0)) over (
            partition by
                sizes.segmentation_name, sizes.segment_id, sizes.cohort_month
            order by months.activity_month
            rows unbounded preceding
        ) as cumulative_spend,

        ---------- dates
        sizes.cohort_month,
        sizes.observation_date
    from sizes
    inner join months
        on sizes.cohort_month <= months.activity_month
            and {{ dbt.dateadd('month', 1, 'months.activity_month') }}
            <= sizes.observation_date
    left join activity
        on sizes.segmentation_name = activity.segmentation_name
            and sizes.segment_id = activity.segment_id
            and sizes.cohort_month = activity.cohort_month
            and months.activity_month = activity.activity_month

)

select * from final

{{ config(materialized='view') }}

with

orders as (

    select * from {{ ref('int_bucketed_orders') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

dated as (

    select
        orders.customer_id,
        orders.order_kind = 'order' as is_order,
        abs(orders.amount) as amount,
        orders.amount as signed_amount,
        cast({{ dbt.date_trunc('month', 'orders.counted_at') }} as date)
            as activity_month
    from orders
    inner join observation_dates
        on orders.counted_at < observation_dates.observation_date

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- numerics
        coalesce(
            sum(case when is_order then signed_amount else -amount end), 0
        ) as spend,

        ---------- booleans
        count(*) filter (where is_order) > 0 as is_active,

        ---------- dates
        activity_month
    from dated
    group by customer_id, activity_month

)

select * from final

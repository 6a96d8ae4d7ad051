with

orders as (

    select * from {{ ref('int_orders_unioned') }}
    where is_order or is_return

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

dated as (

    select
        observation_dates.observation_date,
        orders.customer_id,
        orders.is_order,
        orders.is_return,
        orders.ordered_at,
        orders.ordered_at >= observation_dates.trailing_start_date as is_trailing,
        case when orders.is_order then coalesce(orders.amount, 0) end as spend,
        case when orders.is_return then abs(coalesce(orders.amount, 0)) end as returned
    from orders
    inner join observation_dates
        on orders.ordered_at < observation_dates.observation_date

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        count(*) filter (where is_order) as order_count,
        count(*) filter (where is_return) as return_count,
        coalesce(sum(spend), 0) as gross_spend,
        coalesce(sum(returned), 0) as returned_amount,
        count(*) filter (where is_order and is_trailing) as trailing_order_count,
        coalesce(sum(spend) filter (where is_trailing), 0) as trailing_gross_spend,
        coalesce(sum(returned) filter (where is_trailing), 0) as trailing_returned_amount,
        {{ count_months('ordered_at', 'is_order') }} as order_month_count,

        ---------- dates
        cast(min(ordered_at) filter (where is_order) as date) as first_order_on,
        cast(max(ordered_at) filter (where is_order) as date) as last_order_on,
        cast(min(ordered_at) as date) as first_activity_on
    from dated
    group by observation_date, customer_id

)

select * from final

{#
    What the customers of a campaign did in the window after it, and had spent before.
    Both arms go by one rule, an order: what a campaign tool records as a conversion, such
    as a redeemed coupon, its control group often cannot do. Where a source system has no
    orders, the record is all there is.
#}
{% set window_days = valid_var('outcome_window_days') %}
{% set systems_with_orders = systems_with('orders') + systems_with('order_items') %}

with

assignments as (

    select * from {{ ref('int_campaign_assignments') }}

),

orders as (

    select * from {{ ref('int_counted_orders') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

windows as (

    select
        assignments.*,
        cast(
            {{ dbt.dateadd('day', window_days, 'assignments.contacted_at') }}
            as timestamp
        ) as window_end_at,
        assignments.source_system in ({{ quoted(systems_with_orders) }}) as has_orders,
        cast(
            {{ dbt.dateadd('day', window_days, 'assignments.contacted_at') }}
            as timestamp
        ) <= current_observation.observation_date as is_window_over
    from assignments
    cross join current_observation

),

-- Orders are read once more, and only if there is an experiment to look at.
compared as (

    select
        *,
        is_window_over
        and arm in ('treated', 'control')
        and bool_or(is_window_over and arm = 'treated')
            over (partition by campaign_id)
        and bool_or(is_window_over and arm = 'control')
            over (partition by campaign_id) as is_compared
    from windows

),

bought as (

    select
        compared.campaign_id,
        compared.customer_id,
        count_if(orders.order_kind = 'order') as order_count,
        sum(if(orders.order_kind = 'order', orders.amount, -abs(orders.amount)))
            as spend
    from orders
    inner join compared
        on orders.customer_id = compared.customer_id
            and orders.counted_at >= compared.contacted_at
            and orders.counted_at < compared.window_end_at
    where compared.is_compared
    group by compared.campaign_id, compared.customer_id

),

final as (

    select
        ---------- ids
        compared.campaign_id,
        compared.customer_id,
        compared.segment_id,

        ---------- strings
        compared.arm,

        ---------- numerics
        compared.cost,
        case
            when not compared.is_compared then null
            when compared.has_orders
                then cast(coalesce(bought.order_count, 0) > 0 as int)
            else cast(compared.has_converted as int)
        end as conversion,
        case
            when compared.is_compared and compared.has_orders
                then cast(coalesce(bought.spend, 0) as decimal(18, 4))
        end as spend,

        ---------- booleans
        compared.is_window_over,

        ---------- timestamps
        compared.contacted_at,
        compared.window_end_at
    from compared
    left join bought
        on compared.campaign_id = bought.campaign_id
            and compared.customer_id = bought.customer_id

)

select * from final

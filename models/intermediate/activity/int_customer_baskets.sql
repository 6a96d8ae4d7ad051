{% set has_items = systems_with('order_items') | length > 0 %}

with

orders as (

    select * from {{ ref('int_orders_unioned') }}
    where order_kind = 'order'

),

item_totals as (

    select * from {{ ref('int_order_item_totals') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

period_end_columns as (

    {{ period_end_columns() }}

),

-- Without any items orders are read only where they have a discount.
described as (

    select
        orders.customer_id,
        {{ 'item_totals.item_count' if has_items else 'cast(null as bigint)' }}
            as item_count,
        orders.discount_amount,
        orders.amount + orders.discount_amount as full_price,
        orders.ordered_at
    from orders
    {%- if has_items %}
    left join item_totals
        on orders.order_id = item_totals.order_id
            and orders.source_system = item_totals.source_system
    {%- endif %}
    where orders.amount + orders.discount_amount is not null
        {%- if has_items %}
        or item_totals.item_count is not null
        {%- endif %}

),

dated as (

    select
        described.customer_id,
        described.item_count,
        described.discount_amount,
        described.full_price,
        {{ period_end('described.ordered_at') }} as period_end
    from described
    cross join period_end_columns

),

by_period as (

    select
        customer_id,
        period_end,
        count(item_count) as order_count,
        sum(item_count) as item_count,
        sum(discount_amount) filter (where full_price is not null) as discount_amount,
        sum(full_price) as full_price
    from dated
    where period_end is not null
    group by customer_id, period_end

),

seen as (

    {{ seen_on_observation_dates() }}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        round(
            cast(sum(item_count) as double) / nullif(sum(order_count), 0), 6
        ) as items_per_order,
        round(
            cast(sum(discount_amount) as double)
            / nullif(cast(sum(full_price) as double), 0), 6
        ) as discount_share
    from seen
    group by observation_date, customer_id

)

select * from final

{{ config(materialized='by_bucket') }}

{% set blocks = range(month_block_count()) %}
{% set windows = {'': 'true', 'trailing_': 'is_trailing'} %}
{% set sums = [
    ('order_count', 'records', 'is_order', 'bigint'),
    ('priced_order_count', 'priced_records', 'is_order', 'bigint'),
    ('return_count', 'records', 'not is_order', 'bigint'),
    ('gross_spend', 'amount', 'is_order', 'decimal(38, 4)'),
    ('returned_amount', 'absolute_amount', 'not is_order', 'decimal(38, 4)')
] %}

with

orders as (

    select * from {{ ref('int_bucketed_orders') }}
    where {{ is_in_seen_bucket() }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

period_end_columns as (

    {{ period_end_columns() }}

),

dated as (

    select
        orders.customer_id,
        orders.order_kind = 'order' as is_order,
        orders.amount,
        cast(orders.amount as decimal(38, 4)) * orders.amount as squares,
        orders.counted_at,
        {{ period_end('orders.counted_at') }} as period_end
    from orders
    cross join period_end_columns

),

-- Few sums of many groups take less than many sums of each customer.
by_period as (

    select
        customer_id,
        period_end,
        is_order,
        count(*) as records,
        count(amount) as priced_records,
        sum(amount) as amount,
        sum(abs(amount)) as absolute_amount,
        sum(squares) as squares,
        {%- for block in blocks %}
        {{ month_bits('counted_at', block) }} as month_bits_{{ block }},
        {%- endfor %}
        min(counted_at) as first_counted_at,
        max(counted_at) as last_counted_at
    from dated
    where period_end is not null
    group by customer_id, period_end, is_order

),

seen as (

    {{ seen_on_observation_dates() }}

),

dated_sums as (

    select
        observation_date,
        customer_id,
        {%- for prefix, is_within in windows.items() %}
        {%- for name, column, kind, type in sums %}
        cast(coalesce(
            sum({{ column }}) filter (where {{ kind }} and {{ is_within }}), 0
        ) as {{ type }}) as {{ prefix }}{{ name }},
        {%- endfor %}
        {%- endfor %}
        {%- for block in blocks %}
        coalesce(bit_count(bit_or(month_bits_{{ block }}) filter (where is_order)), 0)
        {{- ' +' if not loop.last }}
        {%- endfor %} as order_month_count,
        sum(squares) filter (where is_order) as squares,
        cast(min(first_counted_at) filter (where is_order) as date) as first_order_on,
        cast(max(last_counted_at) filter (where is_order) as date) as last_order_on,
        cast(min(first_counted_at) as date) as first_activity_on
    from seen
    group by observation_date, customer_id

),

-- The standard deviation of amounts over their mean.
final as (

    select
        observation_date,
        customer_id,
        {%- for prefix in windows %}
        {%- for name, column, kind, type in sums %}
        {{ prefix }}{{ name }},
        {%- endfor %}
        {%- endfor %}
        order_month_count,
        first_order_on,
        last_order_on,
        first_activity_on,
        round(
            {{ dbt.datediff('first_order_on', 'last_order_on', 'day') }}
            / nullif(order_count - 1, 0), 6
        ) as order_gap_days,
        round(case when gross_spend > 0 then sqrt(
            greatest(priced_order_count * (squares / power(gross_spend, 2)) - 1, 0)
            * priced_order_count / nullif(priced_order_count - 1, 0)
        ) end, 6) as order_value_variation
    from dated_sums

)

select * from final

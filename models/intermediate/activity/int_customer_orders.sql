{% set blocks = range(month_block_count()) %}

with

orders as (

    select * from {{ ref('int_counted_orders') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

observation_date_columns as (

    {{ observation_date_columns() }}

),

dated as (

    select
        orders.customer_id,
        orders.order_kind = 'order' as is_order,
        orders.amount,
        cast(orders.amount as decimal(38, 4)) * orders.amount as squares,
        orders.counted_at,
        {{ observed_period('orders.counted_at') }} as period
    from orders
    cross join observation_date_columns

),

by_customer as (

    select
        customer_id,
        {%- for period in observed_periods() %}
        count(*) filter (where period = {{ period }} and is_order)
            as order_count_{{ period }},
        count(amount) filter (where period = {{ period }} and is_order)
            as priced_order_count_{{ period }},
        count(*) filter (where period = {{ period }} and not is_order)
            as return_count_{{ period }},
        coalesce(sum(amount) filter (where period = {{ period }} and is_order), 0)
            as gross_spend_{{ period }},
        coalesce(sum(squares) filter (where period = {{ period }} and is_order), 0)
            as squares_{{ period }},
        coalesce(
            sum(abs(amount)) filter (where period = {{ period }} and not is_order), 0
        ) as returned_amount_{{ period }},
        {%- for block in blocks %}
        coalesce(
            {{ month_bits('counted_at', block) }}
                filter (where period = {{ period }} and is_order),
            0
        ) as month_bits_{{ block }}_{{ period }},
        {%- endfor %}
        max(counted_at) filter (where period = {{ period }} and is_order)
            as last_order_at_{{ period }},
        {%- endfor %}
        min(counted_at) filter (where is_order) as first_order_at,
        min(counted_at) as first_activity_at
    from dated
    where period is not null
    group by customer_id

),

dated_sums as (

    select
        observation_dates.observation_date,
        by_customer.customer_id,
        {%- for column in [
            'order_count', 'priced_order_count', 'return_count', 'gross_spend',
            'returned_amount'
        ] %}
        {{ of_all_seen('by_customer.' ~ column) }} as {{ column }},
        {{ of_trailing_window('by_customer.' ~ column) }} as trailing_{{ column }},
        {%- endfor %}
        {%- for block in blocks %}
        bit_count({{ of_all_seen('by_customer.month_bits_' ~ block, '|') }})
        {{- ' +' if not loop.last }}
        {%- endfor %} as order_month_count,
        {{ of_all_seen('by_customer.squares') }} as squares,
        cast(if(
            by_customer.first_order_at < observation_dates.observation_date,
            by_customer.first_order_at, null
        ) as date) as first_order_on,
        cast({{ latest_of_all_seen('by_customer.last_order_at') }} as date)
            as last_order_on,
        cast(by_customer.first_activity_at as date) as first_activity_on
    from by_customer
    inner join observation_dates
        on by_customer.first_activity_at < observation_dates.observation_date

),

-- The standard deviation of amounts over their mean.
final as (

    select
        * exclude (squares),
        round(
            {{ dbt.datediff('first_order_on', 'last_order_on', 'day') }}
            / nullif(order_count - 1, 0), 6
        ) as order_gap_days,
        round(case when gross_spend > 0 then sqrt(
            greatest(priced_order_count * (squares / gross_spend ^ 2) - 1, 0)
            * priced_order_count / nullif(priced_order_count - 1, 0)
        ) end, 6) as order_value_variation
    from dated_sums

)

select * from final

with

orders as (

    select * from {{ ref('int_orders_unioned') }}

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
        orders.order_kind,
        orders.amount,
        orders.ordered_at,
        {{ first_seen_on('orders.ordered_at') }} as first_seen_on
    from orders
    cross join observation_date_columns

),

by_period as (

    select
        customer_id,
        first_seen_on,
        count(*) filter (where order_kind = 'order') as order_count,
        count(*) filter (where order_kind = 'return') as return_count,
        sum(amount) filter (where order_kind = 'order') as gross_spend,
        sum(abs(amount)) filter (where order_kind = 'return') as returned_amount,
        {%- for block in range(month_block_count()) %}
        {{ month_bits('ordered_at', block) }} filter (where order_kind = 'order')
            as month_bits_{{ block }},
        {%- endfor %}
        min(ordered_at) filter (where order_kind = 'order') as first_order_at,
        max(ordered_at) filter (where order_kind = 'order') as last_order_at,
        min(ordered_at) as first_activity_at
    from dated
    where order_kind <> 'cancelled'
        and first_seen_on is not null
    group by customer_id, first_seen_on

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        by_period.customer_id,

        ---------- numerics
        cast(sum(by_period.order_count) as bigint) as order_count,
        cast(sum(by_period.return_count) as bigint) as return_count,
        coalesce(sum(by_period.gross_spend), 0) as gross_spend,
        coalesce(sum(by_period.returned_amount), 0) as returned_amount,
        {%- for column in [
            'order_count', 'return_count', 'gross_spend', 'returned_amount'
        ] %}
        coalesce(
            max(by_period.{{ column }}) filter (
                where by_period.first_seen_on = observation_dates.observation_date
            ),
            0
        ) as trailing_{{ column }},
        {%- endfor %}
        {%- for block in range(month_block_count()) %}
        coalesce(bit_count(bit_or(by_period.month_bits_{{ block }})), 0)
        {{- ' +' if not loop.last }}
        {%- endfor %} as order_month_count,

        ---------- dates
        cast(min(by_period.first_order_at) as date) as first_order_on,
        cast(max(by_period.last_order_at) as date) as last_order_on,
        cast(min(by_period.first_activity_at) as date) as first_activity_on
    from by_period
    inner join observation_dates
        on by_period.first_seen_on <= observation_dates.observation_date
    group by observation_dates.observation_date, by_period.customer_id

)

select * from final

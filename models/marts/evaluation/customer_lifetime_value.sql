with

customer_features as (

    select * from {{ ref('customer_features') }}

),

expectations as (

    select * from {{ ref('int_customer_lifetime_expectations') }}
    where horizon_days = {{ var('lifetime_horizon_days') }}

),

next_orders as (

    select * from {{ ref('int_customer_next_orders') }}

),

final as (

    select
        ---------- ids
        customer_features.observation_date,
        customer_features.customer_id,

        ---------- strings
        coalesce(expectations.prediction_method, 'baseline') as prediction_method,
        case
            when expectations.customer_id is not null
                then expectations.prediction_reason
            when customer_features.order_count = 0 then 'no_purchase'
            else 'purchases_without_dates'
        end as prediction_reason,

        ---------- numerics
        cast({{ var('lifetime_horizon_days') }} as bigint) as horizon_days,
        expectations.frequency,
        expectations.recency_weeks,
        expectations.age_weeks,
        expectations.probability_alive,
        expectations.orders_low,
        expectations.orders_high,
        {%- for column in [
            'expected_orders', 'expected_spend', 'discounted_margin',
            'baseline_orders', 'baseline_spend'
        ] %}
        -- Who never bought is expected to go on so; of sums without dates nothing is.
        coalesce(
            expectations.{{ column }},
            case when customer_features.order_count = 0 then 0 end
        ) as {{ column }},
        {%- endfor %}
        customer_features.lifetime_value,
        next_orders.days_overdue,

        ---------- dates
        next_orders.next_order_date,
        next_orders.next_order_earliest_date,
        next_orders.next_order_latest_date
    from customer_features
    left join expectations
        on customer_features.observation_date = expectations.observation_date
            and customer_features.customer_id = expectations.customer_id
    left join next_orders
        on customer_features.observation_date = next_orders.observation_date
            and customer_features.customer_id = next_orders.customer_id

)

select * from final

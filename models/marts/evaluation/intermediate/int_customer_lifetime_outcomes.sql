{#
    What customers were expected to buy in the days after a date, and what they bought.
    The models were fitted on what came before the date.
#}
with

forecast_dates as (

    select * from {{ ref('int_forecast_dates') }}

),

expectations as (

    select * from {{ ref('int_customer_lifetime_expectations') }}

),

purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

compared as (

    select
        expectations.observation_date,
        expectations.customer_id,
        expectations.prediction_method,
        expectations.prediction_reason,
        expectations.horizon_days,
        expectations.expected_orders,
        expectations.expected_spend,
        expectations.orders_low,
        expectations.orders_high,
        expectations.baseline_orders,
        expectations.baseline_spend,
        later_purchases.frequency - purchases.frequency as realised_orders,
        later_purchases.gross_spend - later_purchases.returned_amount
        - purchases.gross_spend + purchases.returned_amount as realised_spend
    from expectations
    inner join forecast_dates
        on expectations.observation_date = forecast_dates.observation_date
            and expectations.horizon_days = forecast_dates.backtest_horizon_days
    inner join purchases
        on expectations.observation_date = purchases.observation_date
            and expectations.customer_id = purchases.customer_id
    inner join purchases as later_purchases
        on forecast_dates.backtest_end_date = later_purchases.observation_date
            and expectations.customer_id = later_purchases.customer_id

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- strings
        prediction_method,
        prediction_reason,

        ---------- numerics
        horizon_days,
        expected_orders,
        expected_spend,
        orders_low,
        orders_high,
        baseline_orders,
        baseline_spend,
        realised_orders,
        realised_spend,
        row_number() over (
            partition by observation_date
            order by expected_spend desc nulls last, customer_id asc
        ) as expected_rank,
        row_number() over (
            partition by observation_date
            order by baseline_spend desc nulls last, customer_id asc
        ) as baseline_rank,
        count(*) over (partition by observation_date) as customers
    from compared

)

select * from final

{{ config(materialized='view') }}

with

forecast_dates as (

    select * from {{ ref('int_forecast_dates') }}

),

horizons as (

    select
        observation_date,
        {{ valid_var('lifetime_horizon_days') }} as horizon_days
    from forecast_dates
    where is_observed
    -- What the back-test compares with what came.
    union distinct
    select
        observation_date,
        backtest_horizon_days as horizon_days
    from forecast_dates
    where backtest_horizon_days is not null

),

final as (

    select
        ---------- numerics
        cast(horizon_days as bigint) as horizon_days,

        ---------- dates
        observation_date
    from horizons

)

select * from final

{{ config(materialized='view') }}

{% set annual_rate = valid_var('annual_discount_rate') %}

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
        -- The integral of (1 + rate) ^ (-days / 365) over the horizon, by its length.
        {%- if annual_rate > 0 %}
        round(
            (1 - power(1 + {{ annual_rate }}, -horizon_days / 365e0))
            / (ln(1 + {{ annual_rate }}) * horizon_days / 365e0),
            9
        ) as discount_factor,
        {%- else %}
        cast(1 as double) as discount_factor,
        {%- endif %}

        ---------- dates
        observation_date
    from horizons

)

select * from final

{{ config(materialized='view') }}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

horizons as (

    select
        observation_date,
        {{ valid_var('lifetime_horizon_days') }} as horizon_days
    from observation_dates
    -- The window that follows the training date is what the back-test compares with.
    union distinct
    select
        observation_date,
        {{ valid_var('outcome_window_days') }} as horizon_days
    from observation_dates
    where is_training
        and outcome_end_date is not null

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

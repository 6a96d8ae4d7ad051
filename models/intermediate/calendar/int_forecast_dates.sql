{#
    The dates as of which lifetime value is forecast. Beside the observation dates there
    is one from which the current date is as far ahead as the forecasts reach, or, where
    history is too short for it, as far as minimum_history_days before it allow.
#}
{% set published_days = valid_var('lifetime_horizon_days') %}
{% set window_days = valid_var('outcome_window_days') %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

record_counts as (

    select * from {{ ref('int_staged_record_counts') }}

),

history as (

    select min(first_record_on) as first_order_on
    from record_counts
    where entity in ('orders', 'order_items')

),

longest as (

    select
        observation_dates.observation_date as current_observation,
        least(
            {{ published_days }},
            {{ dbt.datediff(
                'history.first_order_on', 'observation_dates.observation_date', 'day'
            ) }} - {{ valid_var('minimum_history_days') }}
        ) as horizon_days
    from observation_dates
    cross join history
    where observation_dates.is_current
        and history.first_order_on is not null

),

dates as (

    select
        observation_date,
        true as is_observed,
        case
            when is_training and outcome_end_date is not null then {{ window_days }}
        end as backtest_horizon_days,
        case when is_training then outcome_end_date end as backtest_end_date
    from observation_dates
    union all
    select
        cast(
            {{ dbt.dateadd('day', '-horizon_days', 'current_observation') }} as date
        ) as observation_date,
        false as is_observed,
        horizon_days as backtest_horizon_days,
        current_observation as backtest_end_date
    from longest
    -- A shorter one than the outcome window would say less than that does.
    where horizon_days = {{ published_days }}
        or horizon_days > {{ window_days }}

),

final as (

    select
        ---------- numerics
        row_number() over (order by observation_date desc) - 1 as date_number,
        cast(max(backtest_horizon_days) as bigint) as backtest_horizon_days,

        ---------- booleans
        bool_or(is_observed) as is_observed,

        ---------- dates
        observation_date,
        max(backtest_end_date) as backtest_end_date
    from dates
    group by observation_date

)

select * from final

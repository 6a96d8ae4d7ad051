with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

neighbours as (

    select
        *,
        lag(observation_date) over (order by observation_step) as later_date,
        lag(observation_step) over (order by observation_step) as later_step
    from observation_dates

)

select *
from neighbours
where observation_step <> coalesce(later_step, -1) + 1
    or (later_step is null) <> is_current
    or {{ dbt.datediff('observation_date', 'later_date', 'day') }}
        <> {{ var('outcome_window_days') }}
    or {{ dbt.datediff('trailing_start_date', 'observation_date', 'day') }}
        <> {{ var('outcome_window_days') }}
    or outcome_end_date <> later_date

{% set window_days = var('outcome_window_days') %}
{% set anchor = "cast('" ~ var('observation_anchor') ~ "' as date)" %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

neighbours as (

    select
        *,
        max(observation_date) over () as latest_date,
        {{ dbt.datediff(anchor, 'observation_date', 'day') }} as days_from_anchor,
        lead(observation_date) over (order by observation_date) as later_date,
        {{ dbt.datediff(
            'observation_date',
            'lead(observation_date) over (order by observation_date)',
            'day'
        ) }} as days_to_later_date
    from observation_dates

)

select *
from neighbours
where is_current <> (observation_date = latest_date)
    or not is_current and days_from_anchor % {{ window_days }} <> 0
    or days_to_later_date > {{ window_days }}
    or days_to_later_date < {{ window_days }} and later_date <> latest_date
    or {{ dbt.datediff('trailing_start_date', 'observation_date', 'day') }}
        <> {{ window_days }}
    -- A window that is over by the current date ends on an observation date.
    or (outcome_end_date is not null)
        <> coalesce(days_to_later_date = {{ window_days }}, false)
    or outcome_end_date <> later_date

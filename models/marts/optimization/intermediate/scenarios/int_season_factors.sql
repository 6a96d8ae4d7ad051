{#
    Spend of all customers in the window that began on the same day a year ago, over
    that in the last window that was over by the date. It holds a year of growth as
    well as the season.
#}
{% set window_days = valid_var('outcome_window_days') %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- The window of a baseline ends on the grid: some days before a current date off it.
started as (

    select
        observation_date,
        coalesce(previous_date, trailing_start_date) as window_start_date,
        cast({{ dbt.dateadd('year', -1, 'observation_date') }} as date)
            as year_ago_start_date
    from observation_dates

),

windows as (

    select
        *,
        {%- for name in ['window', 'year_ago'] %}
        cast(
            {{ dbt.dateadd('day', window_days, name ~ '_start_date') }} as date
        ) as {{ name }}_end_date{{ ',' if not loop.last }}
        {%- endfor %}
    from started

),

-- Days are few where orders are many.
daily_spend as (

    select
        cast(counted_at as date) as counted_on,
        sum(if(order_kind = 'order', amount, -abs(amount))) as spend
    from {{ ref('int_counted_orders') }}
    where counted_at is not null
    group by all

),

spent as (

    select
        windows.observation_date,
        windows.window_start_date,
        windows.year_ago_start_date,
        windows.year_ago_end_date,
        min(daily_spend.counted_on) as first_counted_on,
        {%- for name in ['window', 'year_ago'] %}
        {%- set is_within -%}
            daily_spend.counted_on >= windows.{{ name }}_start_date
            and daily_spend.counted_on < windows.{{ name }}_end_date
        {%- endset %}
        sum(daily_spend.spend) filter (where {{ is_within }}) as {{ name }}_spend,
        count_if({{ is_within }}) as {{ name }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from windows
    left join daily_spend
        on windows.observation_date > daily_spend.counted_on
    group by all

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- numerics
        cast(window_spend as decimal(18, 4)) as window_spend,
        cast(year_ago_spend as decimal(18, 4)) as year_ago_spend,
        case
            when first_counted_on <= year_ago_start_date
                and year_ago_end_date <= observation_date
                -- A stray order of long ago is no year of history.
                and year_ago_days >= 0.5 * window_days
                and window_spend > 0
                and year_ago_spend > 0
                then round(cast(year_ago_spend as double) / window_spend, 6)
        end as season_factor,

        ---------- dates
        window_start_date,
        year_ago_start_date,
        year_ago_end_date
    from spent

)

select * from final

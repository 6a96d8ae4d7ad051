{{ config(materialized='view') }}

{# The dates are the observation dates and at most one more. #}
{% set date_numbers = range(valid_var('observation_count') + 1) | list %}

with

orders as (

    select * from {{ ref('int_bucketed_orders') }}
    where {{ is_in_seen_bucket() }}

),

forecast_dates as (

    select * from {{ ref('int_forecast_dates') }}

),

date_columns as (

    select
        {%- for number in date_numbers %}
        max(observation_date) filter (where date_number = {{ number }})
            as date_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from forecast_dates

),

days as (

    select
        customer_id,
        cast(counted_at as date) as counted_on,
        order_kind = 'order' as is_purchase,
        count(amount) > 0 as is_priced,
        coalesce(sum(abs(amount)), 0) as amount
    from orders
    group by customer_id, cast(counted_at as date), order_kind = 'order'

),

final as (

    select
        ---------- ids
        days.customer_id,

        ---------- numerics
        days.amount,
        case
            {%- for number in date_numbers | reverse %}
            when days.counted_on < date_columns.date_{{ number }} then {{ number }}
            {%- endfor %}
        end as date_number,

        ---------- booleans
        days.is_purchase,
        days.is_priced,

        ---------- dates
        days.counted_on
    from days
    cross join date_columns

)

select * from final

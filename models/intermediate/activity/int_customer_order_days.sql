{{ config(materialized='view') }}

{# The dates are the observation dates and at most one more. #}
{% set date_numbers = range(valid_var('observation_count') + 1) | list %}

with

orders as (

    select * from {{ ref('int_counted_orders') }}

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
        count(*) filter (where order_kind = 'order') > 0 as is_purchase,
        count(amount) filter (where order_kind = 'order') > 0 as is_priced,
        coalesce(sum(amount) filter (where order_kind = 'order'), 0) as spend,
        coalesce(sum(abs(amount)) filter (where order_kind = 'return'), 0)
            as returned_amount
    from orders
    group by customer_id, cast(counted_at as date)

),

final as (

    select
        ---------- ids
        days.customer_id,

        ---------- numerics
        days.spend,
        days.returned_amount,
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

{{ config(materialized='by_bucket') }}

{#
    What the lifetime value models know of a customer: how often, how recently and for
    how much they came back. Days are summed by the earliest date that sees them, so that
    a later date only adds sums.
#}
with

order_days as (

    select * from {{ ref('int_customer_order_days') }}

),

forecast_dates as (

    select * from {{ ref('int_forecast_dates') }}

),

by_date as (

    select
        customer_id,
        date_number,
        is_purchase,
        count(*) as days,
        count(*) filter (where is_priced) as priced_days,
        count(*) filter (where amount > 0) as paid_days,
        sum(amount) as amount,
        min_by(amount, counted_on) as first_amount,
        min_by(is_priced, counted_on) as is_first_priced,
        min(counted_on) as first_on,
        max(counted_on) as last_on
    from order_days
    where date_number is not null
    group by customer_id, date_number, is_purchase

),

seen as (

    select
        forecast_dates.observation_date,
        by_date.*
    from by_date
    inner join forecast_dates
        on by_date.date_number >= forecast_dates.date_number

),

summed as (

    select
        observation_date,
        customer_id,
        cast(sum(days) filter (where is_purchase) as bigint) as purchase_days,
        cast(sum(priced_days) filter (where is_purchase) as bigint) as priced_days,
        cast(sum(paid_days) filter (where is_purchase) as bigint) as paid_days,
        sum(amount) filter (where is_purchase) as spend,
        coalesce(sum(amount) filter (where not is_purchase), 0) as returned_amount,
        min_by(first_amount, first_on) filter (where is_purchase) as first_spend,
        min_by(is_first_priced, first_on) filter (where is_purchase) as is_first_priced,
        min(first_on) filter (where is_purchase) as first_purchase_on,
        max(last_on) filter (where is_purchase) as last_purchase_on
    from seen
    group by observation_date, customer_id

),

repeated as (

    select
        observation_date,
        customer_id,
        purchase_days - 1 as frequency,
        priced_days - cast(is_first_priced as int) as priced_repeat_days,
        paid_days - cast(first_spend > 0 as int) as paid_repeat_days,
        cast(spend - first_spend as decimal(18, 4)) as repeat_spend,
        cast(spend as decimal(18, 4)) as gross_spend,
        cast(returned_amount as decimal(18, 4)) as returned_amount,
        last_purchase_on,
        {{ dbt.datediff('first_purchase_on', 'last_purchase_on', 'day') }}
            as recency_days,
        -- The observation date itself is not seen.
        {{ dbt.datediff('first_purchase_on', 'observation_date', 'day') }}
        - 1 as age_days
    from summed
    where purchase_days > 0

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        frequency,
        cast(recency_days as double) / 7 as recency_weeks,
        cast(age_days as double) / 7 as age_weeks,
        cast(age_days as bigint) as age_days,
        cast(priced_repeat_days as bigint) as priced_repeat_days,
        cast(paid_repeat_days as bigint) as paid_repeat_days,
        repeat_spend,
        round(cast(repeat_spend as double) / nullif(paid_repeat_days, 0), 6)
            as mean_repeat_spend,
        gross_spend,
        returned_amount,
        cast(greatest(repeat_spend - returned_amount, 0) as decimal(18, 4))
            as net_repeat_spend,

        ---------- dates
        last_purchase_on
    from repeated

)

select * from final

{#
    What the lifetime value models know of a customer: how often, how recently and for how
    much they came back. Purchases of one day are one.
#}
with

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

observation_date_columns as (

    {{ observation_date_columns() }}

),

purchase_days as (

    select
        customer_id,
        cast(ordered_at as date) as purchased_on,
        coalesce(sum(amount), 0) as spend,
        count(amount) > 0 as is_priced
    from orders
    where order_kind = 'order'
    group by customer_id, cast(ordered_at as date)

),

dated as (

    select
        purchase_days.*,
        {{ observed_period('purchase_days.purchased_on') }} as period
    from purchase_days
    cross join observation_date_columns

),

by_period as (

    select
        customer_id,
        period,
        count(*) as purchase_days,
        count(*) filter (where is_priced) as priced_days,
        count(*) filter (where spend > 0) as paid_days,
        sum(spend) as spend,
        min_by(spend, purchased_on) as first_spend,
        min_by(is_priced, purchased_on) as is_first_priced,
        min(purchased_on) as first_purchase_on,
        max(purchased_on) as last_purchase_on
    from dated
    where period is not null
    group by customer_id, period

),

summed as (

    select
        observation_dates.observation_date,
        by_period.customer_id,
        cast(sum(by_period.purchase_days) as bigint) as purchase_days,
        cast(sum(by_period.priced_days) as bigint) as priced_days,
        cast(sum(by_period.paid_days) as bigint) as paid_days,
        sum(by_period.spend) as spend,
        min_by(by_period.first_spend, by_period.first_purchase_on) as first_spend,
        min_by(by_period.is_first_priced, by_period.first_purchase_on)
            as is_first_priced,
        min(by_period.first_purchase_on) as first_purchase_on,
        max(by_period.last_purchase_on) as last_purchase_on
    from by_period
    inner join observation_dates
        on by_period.period >= observation_dates.observation_step
    group by observation_dates.observation_date, by_period.customer_id

),

repeated as (

    select
        observation_date,
        customer_id,
        purchase_days - 1 as frequency,
        priced_days - cast(is_first_priced as int) as priced_repeat_days,
        paid_days - cast(first_spend > 0 as int) as paid_repeat_days,
        cast(spend - first_spend as decimal(18, 4)) as repeat_spend,
        {{ dbt.datediff('first_purchase_on', 'last_purchase_on', 'day') }}
            as recency_days,
        -- The observation date itself is not seen.
        {{ dbt.datediff('first_purchase_on', 'observation_date', 'day') }}
        - 1 as age_days
    from summed

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
            as mean_repeat_spend
    from repeated

)

select * from final

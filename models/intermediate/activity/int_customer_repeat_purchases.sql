{#
    What the lifetime value models know of a customer: how often, how recently and for how
    much they came back. Purchases of one day are one.
#}
with

orders as (

    select * from {{ ref('int_counted_orders') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

observation_date_columns as (

    {{ observation_date_columns() }}

),

customer_days as (

    select
        customer_id,
        cast(counted_at as date) as counted_on,
        count(*) filter (where order_kind = 'order') > 0 as is_purchase,
        coalesce(sum(amount) filter (where order_kind = 'order'), 0) as spend,
        count(amount) filter (where order_kind = 'order') > 0 as is_priced,
        coalesce(sum(abs(amount)) filter (where order_kind = 'return'), 0)
            as returned_amount
    from orders
    group by customer_id, cast(counted_at as date)

),

dated as (

    select
        customer_days.*,
        {{ observed_period('customer_days.counted_on') }} as period
    from customer_days
    cross join observation_date_columns

),

by_period as (

    select
        customer_id,
        period,
        count(*) filter (where is_purchase) as purchase_days,
        count(*) filter (where is_priced) as priced_days,
        count(*) filter (where spend > 0) as paid_days,
        sum(spend) as spend,
        sum(returned_amount) as returned_amount,
        min_by(spend, counted_on) filter (where is_purchase) as first_spend,
        min_by(is_priced, counted_on) filter (where is_purchase) as is_first_priced,
        min(counted_on) filter (where is_purchase) as first_purchase_on,
        max(counted_on) filter (where is_purchase) as last_purchase_on
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
        sum(by_period.returned_amount) as returned_amount,
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
        cast(spend as decimal(18, 4)) as gross_spend,
        cast(returned_amount as decimal(18, 4)) as returned_amount,
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
            as net_repeat_spend
    from repeated

)

select * from final

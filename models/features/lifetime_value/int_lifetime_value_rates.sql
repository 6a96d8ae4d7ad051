{#
    How often all customers buy, and how much their rates differ beyond chance: the
    moments of Marshall, R. J. (1991), Mapping disease and mortality rates using
    empirical Bayes estimators, Applied Statistics 40. Sums of decimals do not depend on
    the order of the rows.
#}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

summed as (

    select
        observation_date,
        count(*) filter (where age_days > 0) as observed_customers,
        cast(sum(frequency) as double) as repeat_days,
        cast(sum(net_repeat_spend) as double) as net_repeat_spend,
        cast(sum(age_days) as double) / 7 as weeks,
        cast(
            sum(
                cast(
                    cast(frequency * frequency as double) / nullif(age_weeks, 0)
                    as decimal(38, 9)
                )
            ) as double
        ) as squared_days_by_week
    from repeat_purchases
    group by observation_date

),

means as (

    select
        *,
        coalesce(repeat_days / nullif(weeks, 0), 0) as mean_order_rate,
        coalesce(net_repeat_spend / nullif(weeks, 0), 0) as mean_spend_rate
    from summed

),

final as (

    select
        ---------- numerics
        mean_order_rate,
        mean_spend_rate,
        -- Less what differences there would be by chance, were all rates the same.
        coalesce(
            greatest(
                (
                    squared_days_by_week
                    - mean_order_rate * (repeat_days + observed_customers)
                ) / nullif(weeks, 0),
                0
            ),
            0
        ) as order_rate_variance,

        ---------- dates
        observation_date
    from means

)

select * from final

{{ config(materialized='view') }}

{# How often and for how much each customer buys, whatever the horizon. #}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

parameters as (

    select * from {{ ref('int_lifetime_value_parameters') }}

),

rates as (

    select * from {{ ref('int_lifetime_value_rates') }}

),

joined as (

    select
        repeat_purchases.observation_date,
        repeat_purchases.customer_id,
        repeat_purchases.frequency,
        repeat_purchases.recency_weeks,
        repeat_purchases.age_weeks,
        repeat_purchases.age_days,
        repeat_purchases.paid_repeat_days,
        repeat_purchases.last_purchase_on,
        cast(repeat_purchases.repeat_spend as double) as repeat_spend,
        cast(repeat_purchases.net_repeat_spend as double) as net_repeat_spend,
        parameters.prediction_method,
        parameters.prediction_reason,
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        parameters.p,
        parameters.q,
        parameters.gamma,
        parameters.net_spend_share,
        rates.mean_order_rate,
        rates.mean_spend_rate,
        coalesce(
            rates.order_rate_variance * repeat_purchases.age_weeks
            / nullif(
                rates.order_rate_variance * repeat_purchases.age_weeks
                + rates.mean_order_rate,
                0
            ),
            0
        ) as own_share
    from repeat_purchases
    inner join parameters
        on repeat_purchases.observation_date = parameters.observation_date
    inner join rates
        on repeat_purchases.observation_date = rates.observation_date

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- strings
        prediction_method,
        prediction_reason,

        ---------- numerics
        frequency,
        recency_weeks,
        age_weeks,
        age_days,
        -- Fader, Hardie and Lee (2005), the denominator of equation 10. The logarithm
        -- is bounded where its exponential would overflow.
        case
            when prediction_method <> 'bg_nbd_gamma_gamma' then null
            when frequency = 0 then 1.0
            else round(
                1 / (1 + exp(least(
                    ln(a / (b + greatest(frequency, 1) - 1))
                    + (r + frequency)
                    * (ln(alpha + age_weeks) - ln(alpha + recency_weeks)),
                    700
                ))),
                9
            )
        end as probability_alive,
        -- Fader and Hardie (2013), equation 5.
        round(
            p * (gamma + repeat_spend) / (p * paid_repeat_days + q - 1)
            * net_spend_share,
            9
        ) as mean_net_spend,
        round(r + frequency, 9) as rate_shape,
        round(alpha + age_weeks, 9) as rate_weeks,
        round(
            own_share * coalesce(frequency / nullif(age_weeks, 0), 0)
            + (1 - own_share) * mean_order_rate,
            9
        ) as past_order_rate,
        round(
            own_share * coalesce(net_repeat_spend / nullif(age_weeks, 0), 0)
            + (1 - own_share) * mean_spend_rate,
            9
        ) as past_spend_rate,

        ---------- dates
        last_purchase_on
    from joined

)

select * from final

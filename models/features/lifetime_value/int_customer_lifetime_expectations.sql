{#
    What every customer with a purchase is expected to buy in the days after a date. Only
    orders_if_alive comes from Python; the rest of both models is closed-form.
#}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

horizons as (

    select * from {{ ref('int_lifetime_value_horizons') }}

),

parameters as (

    select * from {{ ref('int_lifetime_value_parameters') }}

),

terms as (

    select * from {{ ref('int_lifetime_value_terms') }}

),

orders as (

    select * from {{ ref('int_customer_orders') }}

),

joined as (

    select
        repeat_purchases.observation_date,
        repeat_purchases.customer_id,
        repeat_purchases.frequency,
        repeat_purchases.recency_weeks,
        repeat_purchases.age_weeks,
        repeat_purchases.paid_repeat_days,
        cast(repeat_purchases.repeat_spend as double) as repeat_spend,
        horizons.horizon_days,
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        parameters.p,
        parameters.q,
        parameters.gamma,
        parameters.net_spend_share,
        parameters.prediction_method,
        parameters.prediction_reason,
        terms.orders_if_alive,
        -- Nobody's first weeks are blown up to a whole horizon.
        cast(horizons.horizon_days as double)
        / greatest(repeat_purchases.age_days, horizons.horizon_days) as carried_share,
        greatest(
            cast(repeat_purchases.repeat_spend - orders.returned_amount as double), 0
        ) as net_repeat_spend
    from repeat_purchases
    inner join horizons
        on repeat_purchases.observation_date = horizons.observation_date
    inner join parameters
        on repeat_purchases.observation_date = parameters.observation_date
    inner join orders
        on repeat_purchases.observation_date = orders.observation_date
            and repeat_purchases.customer_id = orders.customer_id
    left join terms
        on horizons.observation_date = terms.observation_date
            and horizons.horizon_days = terms.horizon_days
            and repeat_purchases.frequency = terms.frequency
            and repeat_purchases.age_days = terms.age_days

),

-- Fader, Hardie and Lee (2005), the denominator of equation 10. The logarithm is
-- bounded where its exponential would overflow.
alive as (

    select
        *,
        case
            when prediction_method <> 'bg_nbd_gamma_gamma' then null
            when frequency = 0 then 1.0
            else 1 / (1 + exp(least(
                ln(a / (b + greatest(frequency, 1) - 1))
                + (r + frequency)
                * (ln(alpha + age_weeks) - ln(alpha + recency_weeks)),
                700
            )))
        end as probability_alive
    from joined

),

-- The mean spend is that of Fader and Hardie (2013), equation 5.
expected as (

    select
        *,
        frequency * carried_share as baseline_orders,
        net_repeat_spend * carried_share as baseline_spend,
        -- Of customers who never leave: Morrison and Schmittlein (1988).
        coalesce(
            probability_alive * orders_if_alive,
            (r + frequency) / (alpha + age_weeks) * horizon_days / 7
        ) as model_orders,
        p * (gamma + repeat_spend) / (p * paid_repeat_days + q - 1) as mean_spend
    from alive

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
        horizon_days,
        frequency,
        recency_weeks,
        age_weeks,
        round(probability_alive, 6) as probability_alive,
        round(
            if(prediction_method = 'baseline', baseline_orders, model_orders), 6
        ) as expected_orders,
        round(
            if(
                prediction_method = 'baseline',
                baseline_spend,
                model_orders * mean_spend * net_spend_share
            ),
            6
        ) as expected_spend,
        round(baseline_orders, 6) as baseline_orders,
        round(baseline_spend, 6) as baseline_spend
    from expected

)

select * from final

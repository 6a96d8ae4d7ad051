{#
    What every customer with a purchase is expected to buy in the days after a date.
    Only orders_if_alive comes from Python; the rest of the models is closed-form.
#}
with

purchase_rates as (

    select * from {{ ref('int_customer_purchase_rates') }}

),

horizons as (

    select * from {{ ref('int_lifetime_value_horizons') }}

),

terms as (

    select * from {{ ref('int_lifetime_value_terms') }}

),

joined as (

    select
        purchase_rates.*,
        horizons.horizon_days,
        cast(horizons.horizon_days as double) / 7 as horizon_weeks,
        terms.orders_if_alive
    from purchase_rates
    inner join horizons
        on purchase_rates.observation_date = horizons.observation_date
    left join terms
        on horizons.observation_date = terms.observation_date
            and horizons.horizon_days = terms.horizon_days
            and purchase_rates.frequency = terms.frequency
            and purchase_rates.age_days = terms.age_days

),

expected as (

    select
        *,
        past_order_rate * horizon_weeks as baseline_orders,
        past_spend_rate * horizon_weeks as baseline_spend,
        case prediction_method
            when 'bg_nbd_gamma_gamma' then probability_alive * orders_if_alive
            -- Of customers who never leave: Morrison and Schmittlein (1988).
            when 'nbd_gamma_gamma' then rate_shape / rate_weeks * horizon_weeks
        end as model_orders
    from joined

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
                model_orders * mean_net_spend
            ),
            6
        ) as expected_spend,
        round(baseline_orders, 6) as baseline_orders,
        round(baseline_spend, 6) as baseline_spend
    from expected

)

select * from final

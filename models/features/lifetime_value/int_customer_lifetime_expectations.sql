{#
    What every customer with a purchase is expected to buy in the days after a date.
    Python has evaluated only what holds if they have not left.
#}
{% set tail = ((1 - valid_var('confidence_level')) / 2) | round(6) %}

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
        horizons.discount_factor,
        cast(horizons.horizon_days as double) / 7 as horizon_weeks,
        terms.orders_if_alive,
        terms.discounted_orders_if_alive,
        terms.exceedance_if_alive,
        nullif(coalesce(purchase_rates.probability_alive, 1), 0) as alive_share
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
        end as model_orders,
        case prediction_method
            when 'bg_nbd_gamma_gamma'
                then probability_alive * discounted_orders_if_alive
            when 'nbd_gamma_gamma'
                then rate_shape / rate_weeks * horizon_weeks * discount_factor
        end as discounted_orders
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
        {%- for side, bound in {'low': 1 - tail, 'high': tail}.items() %}
        case
            when prediction_method <> 'baseline'
                then {{ count_above('exceedance_if_alive', bound ~ ' / alive_share') }}
        end as orders_{{ side }},
        {%- endfor %}
        round(
            {{ var('margin_rate') }} * if(
                prediction_method = 'baseline',
                baseline_spend * discount_factor,
                discounted_orders * mean_net_spend
            ),
            6
        ) as discounted_margin,
        round(baseline_orders, 6) as baseline_orders,
        round(baseline_spend, 6) as baseline_spend
    from expected

)

select * from final

{{ config(materialized='view') }}

{% set shares = ['discount_share', 'campaign_response'] %}

with

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

-- A reading of its own, so that only the orders of one window are kept.
window_orders as (

    select
        orders.customer_id,
        cast(min(orders.ordered_at) as date) as first_order_on,
        cast(avg(orders.amount) as double) as mean_order_value,
        cast(
            sum(orders.discount_amount) filter (where orders.amount is not null)
            as double
        )
        / nullif(
            cast(
                sum(orders.amount + orders.discount_amount)
                    filter (where orders.discount_amount is not null) as double
            ), 0
        ) as discount_share
    from {{ ref('int_orders_unioned') }} as orders
    inner join training_date
        on orders.ordered_at >= training_date.observation_date
            and orders.ordered_at < training_date.outcome_end_date
    where orders.order_kind = 'order'
    group by orders.customer_id

),

window_contacts as (

    select
        contacts.customer_id,
        avg(cast(contacts.has_converted as int)) as campaign_response
    from {{ ref('int_campaign_contacts_unioned') }} as contacts
    inner join training_date
        on contacts.contacted_at >= training_date.observation_date
            and contacts.contacted_at < training_date.outcome_end_date
    where not coalesce(contacts.is_control, false)
    group by contacts.customer_id

),

joined as (

    select
        training_date.observation_date,
        training_date.outcome_end_date,
        outcome.customer_id,
        outcome.trailing_spend,
        outcome.trailing_order_count,
        features.order_count,
        window_orders.first_order_on,
        window_orders.mean_order_value,
        window_orders.discount_share,
        window_contacts.campaign_response,
        {%- for column in backtest_outcomes()['category_mix'] %}
        category_mixes.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_features') }} as features
    inner join training_date
        on features.observation_date = training_date.observation_date
    inner join {{ ref('customer_features') }} as outcome
        on training_date.outcome_end_date = outcome.observation_date
            and features.customer_id = outcome.customer_id
    left join window_orders
        on features.customer_id = window_orders.customer_id
    left join window_contacts
        on features.customer_id = window_contacts.customer_id
    left join {{ ref('int_backtest_category_mixes') }} as category_mixes
        on features.customer_id = category_mixes.customer_id

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        -- Sums of decimals do not depend on their order.
        trailing_spend as spend,
        cast(
            sign(trailing_spend) * ln(1 + abs(cast(trailing_spend as double)))
            as decimal(18, 4)
        ) as log_spend,
        cast(trailing_order_count as decimal(18, 4)) as orders,
        cast(
            case when order_count > 0 then cast(trailing_order_count > 0 as int) end
            as decimal(18, 4)
        ) as retention,
        cast(if(order_count > 0, {{ dbt.datediff(
            'observation_date', 'coalesce(first_order_on, outcome_end_date)', 'day'
        ) }}, null) as decimal(18, 4)) as days_to_order,
        cast(
            case when mean_order_value >= 0 then ln(1 + mean_order_value) end
            as decimal(18, 4)
        ) as log_basket,
        {%- for column in shares + backtest_outcomes()['category_mix'] %}
        cast({{ column }} as decimal(18, 4)) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined

)

select * from final

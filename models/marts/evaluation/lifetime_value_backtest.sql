with

outcomes as (

    select * from {{ ref('int_customer_lifetime_outcomes') }}

),

deciles as (

    {% for predictor, column in [('model', 'expected'), ('baseline', 'baseline')] %}
    select
        observation_date,
        '{{ predictor }}' as predictor,
        horizon_days,
        cast(floor(({{ column }}_rank - 1) * 10 / cast(customers as double)) as bigint)
        + 1 as decile,
        {{ column }}_orders as predicted_orders,
        {{ column }}_spend as predicted_spend,
        realised_orders,
        realised_spend
    from outcomes
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

summed as (

    select
        observation_date,
        predictor,
        decile,
        horizon_days,
        count(*) as customers,
        count(nullif(realised_orders, 0)) as buyers,
        sum(cast(predicted_orders as decimal(38, 6))) as predicted_orders,
        sum(realised_orders) as realised_orders,
        sum(cast(predicted_spend as decimal(38, 6))) as predicted_spend,
        sum(realised_spend) as realised_spend
    from deciles
    group by observation_date, predictor, decile, horizon_days

),

judged as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers'],
            contributors=['buyers'],
            total=['observation_date', 'predictor', 'horizon_days'],
            ties='decile'
        ) }} as is_shown
    from summed

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        predictor,

        ---------- numerics
        decile,
        horizon_days,
        customers,
        {%- for column in [
            'predicted_orders', 'realised_orders', 'predicted_spend', 'realised_spend'
        ] %}
        case
            when is_shown
                then round(cast({{ column }} as double) / customers, 6)
        end as mean_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged

)

select * from final

with

outcomes as (

    select * from {{ ref('int_customer_lifetime_outcomes') }}

),

measured as (

    {% for predictor, column in [('model', 'expected'), ('baseline', 'baseline')] %}
    select
        observation_date,
        '{{ predictor }}' as predictor,
        {%- if predictor == 'model' %}
        prediction_method,
        prediction_reason,
        {%- else %}
        'baseline' as prediction_method,
        'compared_with' as prediction_reason,
        {%- endif %}
        horizon_days,
        count(*) as customers,
        cast(sum(cast({{ column }}_orders as decimal(38, 6))) as double)
            as predicted_orders,
        cast(sum(realised_orders) as double) as realised_orders,
        cast(sum(cast({{ column }}_spend as decimal(38, 6))) as double)
            as predicted_spend,
        cast(sum(realised_spend) as double) as realised_spend,
        {{ correlation(column ~ '_orders', 'realised_orders') }} as orders_correlation,
        {{ correlation(column ~ '_spend', 'realised_spend') }} as spend_correlation,
        {%- if predictor == 'model' %}
        avg(cast(realised_orders between orders_low and orders_high as int))
            as orders_interval_coverage,
        {%- else %}
        cast(null as double) as orders_interval_coverage,
        {%- endif %}
        cast(
            sum(realised_spend) filter (where {{ column }}_rank * 5 <= customers)
            as double
        ) as top_fifth_spend
    from outcomes
    group by
        observation_date,
        prediction_method,
        prediction_reason,
        horizon_days
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

shared as (

    select
        *,
        top_fifth_spend / nullif(realised_spend, 0) as top_quintile_spend_share
    from measured

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        predictor,
        prediction_method,
        prediction_reason,

        ---------- numerics
        horizon_days,
        customers,
        {%- for name in ['orders', 'spend'] %}
        round(predicted_{{ name }}, 6) as predicted_{{ name }},
        round(realised_{{ name }}, 6) as realised_{{ name }},
        round(predicted_{{ name }} / nullif(realised_{{ name }}, 0) - 1, 6)
            as {{ name }}_error,
        round({{ name }}_correlation, 6) as {{ name }}_correlation,
        {%- endfor %}
        round(orders_interval_coverage, 6) as orders_interval_coverage,
        round(top_quintile_spend_share, 6) as top_quintile_spend_share,

        ---------- booleans
        -- Of two alike the simpler one is the better.
        row_number() over (
            partition by observation_date
            order by round(top_quintile_spend_share, 6) desc nulls last, predictor asc
        ) = 1 as is_best
    from shared

)

select * from final

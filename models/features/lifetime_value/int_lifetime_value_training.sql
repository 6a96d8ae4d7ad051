{# The customers that the lifetime value models are fitted on, as of each date. #}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

forecast_dates as (

    select * from {{ ref('int_forecast_dates') }}

),

-- A hash draws the same sample whatever the order of the rows, and of each date only
-- customers who had bought before it.
sampled as (

    {% for number in range(valid_var('observation_count') + 1) %}
    select sample_{{ number }}.*
    from (
        select
            repeat_purchases.*,
            md5(repeat_purchases.customer_id) as sampling_hash
        from repeat_purchases
        inner join forecast_dates
            on repeat_purchases.observation_date = forecast_dates.observation_date
                and forecast_dates.date_number = {{ number }}
        order by sampling_hash, repeat_purchases.customer_id
        limit {{ valid_var('lifetime_value_sample_rows') }}
    ) as sample_{{ number }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- numerics
        frequency,
        recency_weeks,
        age_weeks,
        paid_repeat_days,
        mean_repeat_spend,
        count(*) as customers,

        ---------- dates
        observation_date
    from sampled
    group by
        frequency,
        recency_weeks,
        age_weeks,
        paid_repeat_days,
        mean_repeat_spend,
        observation_date

)

select * from final

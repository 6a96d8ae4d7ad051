{# The customers that the lifetime value models are fitted on, as of each date. #}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- A hash draws the same sample whatever the order of the rows, and of each date only
-- customers who had bought before it.
sampled as (

    {% for step in range(valid_var('observation_count')) %}
    select sample_{{ step }}.*
    from (
        select
            repeat_purchases.*,
            md5(repeat_purchases.customer_id) as sampling_hash
        from repeat_purchases
        inner join observation_dates
            on repeat_purchases.observation_date = observation_dates.observation_date
                and observation_dates.observation_step = {{ step }}
        order by sampling_hash, repeat_purchases.customer_id
        limit {{ valid_var('lifetime_value_sample_rows') }}
    ) as sample_{{ step }}
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

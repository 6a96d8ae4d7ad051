with

recommendations as (

    select * from {{ ref('ranked_recommendations') }}

),

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

buyers as (

    select distinct
        observation_date,
        customer_id
    from {{ ref('customer_items_seen') }}
    where is_in_outcome

),

judged as (

    select
        recommendations.observation_date,
        recommendations.recommender,
        recommendations.customer_id,
        count(*) as recommendations,
        count(outcome.item) as hits
    from recommendations
    inner join training_date
        on recommendations.observation_date = training_date.observation_date
    left join {{ ref('customer_items_seen') }} as outcome
        on recommendations.observation_date = outcome.observation_date
            and recommendations.customer_id = outcome.customer_id
            and recommendations.item_kind = outcome.item_kind
            and recommendations.item = outcome.item
            and outcome.is_in_outcome
    group by
        recommendations.observation_date,
        recommendations.recommender,
        recommendations.customer_id

),

summed as (

    select
        judged.observation_date,
        judged.recommender,
        count(*) as customers,
        count(buyers.customer_id) as buyers,
        cast(count_if(judged.hits > 0) as bigint) as customers_hit,
        cast(sum(judged.recommendations) as bigint) as recommendations,
        cast(sum(judged.hits) as bigint) as hits,
        cast(count_if(judged.hits > 0) as double) / count(*) as hit_rate
    from judged
    left join buyers
        on judged.observation_date = buyers.observation_date
            and judged.customer_id = buyers.customer_id
    group by judged.observation_date, judged.recommender

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        recommender,

        ---------- numerics
        customers,
        buyers,
        customers_hit,
        recommendations,
        hits,
        round(hit_rate, 6) as hit_rate,
        round({{ wilson_bound('hit_rate', 'customers', -1) }}, 6) as hit_rate_low,
        round({{ wilson_bound('hit_rate', 'customers', 1) }}, 6) as hit_rate_high,
        round(cast(customers_hit as double) / nullif(buyers, 0), 6)
            as buyer_hit_rate,
        round(cast(hits as double) / recommendations, 6) as precision_rate,

        ---------- booleans
        -- Of two alike the simpler one is the better.
        row_number() over (
            partition by observation_date
            order by
                customers_hit desc,
                case recommender
                    when 'overall_popularity' then 1
                    when 'segment_affinity' then 2
                    else 3
                end asc
        ) = 1 as is_best
    from summed

)

select * from final

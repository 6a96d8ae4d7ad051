with

recommendations as (

    select * from {{ ref('int_ranked_recommendations') }}

),

judged as (

    select
        observation_date,
        recommender,
        customer_id,
        count(*) as recommendations,
        count_if(is_in_outcome) as hits,
        bool_or(is_buyer_in_outcome) as is_buyer
    from recommendations
    where is_in_outcome is not null
    group by observation_date, recommender, customer_id

),

summed as (

    select
        observation_date,
        recommender,
        count(*) as customers,
        cast(count_if(is_buyer) as bigint) as buyers,
        cast(count_if(hits > 0) as bigint) as customers_with_hit,
        cast(sum(recommendations) as bigint) as recommendations,
        cast(sum(hits) as bigint) as hits,
        cast(count_if(hits > 0) as double) / count(*) as hit_rate
    from judged
    group by observation_date, recommender

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
        customers_with_hit,
        recommendations,
        hits,
        round(hit_rate, 6) as hit_rate,
        round({{ wilson_bound('hit_rate', 'customers', -1) }}, 6) as hit_rate_low,
        round({{ wilson_bound('hit_rate', 'customers', 1) }}, 6) as hit_rate_high,
        round(cast(customers_with_hit as double) / nullif(buyers, 0), 6)
            as hit_rate_among_buyers,
        round(cast(hits as double) / recommendations, 6) as precision_at_5,

        ---------- booleans
        -- Of two alike the simpler one is the better.
        row_number() over (
            partition by observation_date
            order by
                customers_with_hit desc,
                case recommender
                    when 'overall_popularity' then 1
                    when 'segment_affinity' then 2
                    else 3
                end asc
        ) = 1 as is_best
    from summed

)

select * from final

with

recommendations as (

    select * from {{ ref('int_ranked_recommendations') }}
    where recommender = 'purchase_frequency'

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

items as (

    select * from {{ ref('int_recommendable_items') }}

),

final as (

    select
        ---------- ids
        recommendations.customer_id,
        cast(recommendations.segment_id as bigint) as segment_id,

        ---------- strings
        items.item_kind,
        items.item,
        case when recommendations.purchases > 0 then 'repurchase' else 'popular' end
            as reason,

        ---------- numerics
        recommendations.recommendation_rank,
        recommendations.purchases,
        items.overall_buyers,

        ---------- dates
        recommendations.observation_date
    from recommendations
    inner join observation_dates
        on recommendations.observation_date = observation_dates.observation_date
    inner join items
        on recommendations.observation_date = items.observation_date
            and recommendations.recommender = items.recommender
            and recommendations.segment_id = items.segment_id
            and recommendations.item_rank = items.item_rank

)

select * from final

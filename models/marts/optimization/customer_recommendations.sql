with

recommendations as (

    select * from {{ ref('int_ranked_recommendations') }}
    where recommender = 'history_and_segment'

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

final as (

    select
        ---------- ids
        recommendations.customer_id,
        cast(recommendations.segment_id as bigint) as segment_id,

        ---------- strings
        recommendations.item_kind,
        recommendations.item,
        recommendations.reason,

        ---------- numerics
        cast(recommendations.recommendation_rank as bigint) as recommendation_rank,
        recommendations.score,

        ---------- dates
        recommendations.observation_date
    from recommendations
    inner join observation_dates
        on recommendations.observation_date = observation_dates.observation_date

)

select * from final

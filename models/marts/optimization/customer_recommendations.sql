with

recommendations as (

    select * from {{ ref('int_ranked_recommendations') }}
    where recommender = 'purchase_frequency'

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

final as (

    select
        ---------- ids
        recommendations.customer_id,
        cast(assignments.segment_id as bigint) as segment_id,

        ---------- strings
        recommendations.item_kind,
        recommendations.item,
        case when recommendations.purchases > 0 then 'repurchase' else 'popular' end
            as reason,

        ---------- numerics
        recommendations.recommendation_rank,
        recommendations.purchases,
        recommendations.overall_buyers,

        ---------- dates
        recommendations.observation_date
    from recommendations
    inner join observation_dates
        on recommendations.observation_date = observation_dates.observation_date
    inner join assignments
        on recommendations.observation_date = assignments.observation_date
            and recommendations.customer_id = assignments.customer_id

)

select * from final

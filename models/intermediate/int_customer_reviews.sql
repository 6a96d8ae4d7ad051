with

reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        reviews.customer_id,

        ---------- numerics
        count(*) as review_count,
        sum(cast(reviews.rating as decimal(18, 4))) as rating_sum,
        count(*) filter (where reviews.reviewed_at >= observation_dates.trailing_start_date)
            as trailing_review_count,
        sum(cast(reviews.rating as decimal(18, 4))) filter (
            where reviews.reviewed_at >= observation_dates.trailing_start_date
        ) as trailing_rating_sum,

        ---------- dates
        cast(min(reviews.reviewed_at) as date) as first_activity_on
    from reviews
    inner join observation_dates
        on reviews.reviewed_at < observation_dates.observation_date
    group by observation_dates.observation_date, reviews.customer_id

)

select * from final

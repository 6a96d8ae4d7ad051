with

reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

observation_date_columns as (

    {{ observation_date_columns() }}

),

dated as (

    select
        reviews.customer_id,
        cast(reviews.rating as decimal(18, 4)) as rating,
        reviews.reviewed_at,
        {{ first_seen_on('reviews.reviewed_at') }} as first_seen_on
    from reviews
    cross join observation_date_columns

),

by_period as (

    select
        customer_id,
        first_seen_on,
        count(*) as review_count,
        sum(rating) as rating_sum,
        min(reviewed_at) as first_activity_at
    from dated
    where first_seen_on is not null
    group by customer_id, first_seen_on

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        by_period.customer_id,

        ---------- numerics
        cast(sum(by_period.review_count) as bigint) as review_count,
        sum(by_period.rating_sum) as rating_sum,
        {%- for column in ['review_count', 'rating_sum'] %}
        coalesce(
            max(by_period.{{ column }}) filter (
                where by_period.first_seen_on = observation_dates.observation_date
            ),
            0
        ) as trailing_{{ column }},
        {%- endfor %}

        ---------- dates
        cast(min(by_period.first_activity_at) as date) as first_activity_on
    from by_period
    inner join observation_dates
        on by_period.first_seen_on <= observation_dates.observation_date
    group by observation_dates.observation_date, by_period.customer_id

)

select * from final

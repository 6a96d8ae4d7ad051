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
        {{ observed_period('reviews.reviewed_at') }} as period
    from reviews
    cross join observation_date_columns

),

by_customer as (

    select
        customer_id,
        {%- for period in observed_periods() %}
        count(*) filter (where period = {{ period }}) as review_count_{{ period }},
        coalesce(sum(rating) filter (where period = {{ period }}), 0)
            as rating_sum_{{ period }},
        {%- endfor %}
        min(reviewed_at) as first_activity_at
    from dated
    where period is not null
    group by customer_id

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        by_customer.customer_id,

        ---------- numerics
        {%- for column in ['review_count', 'rating_sum'] %}
        {{ of_all_seen('by_customer.' ~ column) }} as {{ column }},
        {{ of_trailing_window('by_customer.' ~ column) }} as trailing_{{ column }},
        {%- endfor %}
        cast(rating_sum as double) / nullif(review_count, 0) as satisfaction,
        cast(trailing_rating_sum as double) / nullif(trailing_review_count, 0)
            as trailing_satisfaction,

        ---------- dates
        cast(by_customer.first_activity_at as date) as first_activity_on
    from by_customer
    inner join observation_dates
        on by_customer.first_activity_at < observation_dates.observation_date

)

select * from final

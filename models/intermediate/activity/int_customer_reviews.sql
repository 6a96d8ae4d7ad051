with

reviews as (

    select * from {{ ref('int_reviews_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

period_end_columns as (

    {{ period_end_columns() }}

),

dated as (

    select
        reviews.customer_id,
        cast(reviews.rating as decimal(18, 4)) as rating,
        reviews.reviewed_at,
        {{ period_end('reviews.reviewed_at') }} as period_end
    from reviews
    cross join period_end_columns

),

by_period as (

    select
        customer_id,
        period_end,
        count(*) as review_count,
        sum(rating) as rating_sum,
        min(reviewed_at) as first_reviewed_at
    from dated
    where period_end is not null
    group by customer_id, period_end

),

seen as (

    {{ seen_on_observation_dates() }}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        {%- for prefix, is_within in {
            '': 'true', 'trailing_': 'is_trailing'
        }.items() %}
        cast(coalesce(
            sum(review_count) filter (where {{ is_within }}), 0
        ) as bigint) as {{ prefix }}review_count,
        cast(sum(rating_sum) filter (where {{ is_within }}) as double)
        / sum(review_count) filter (where {{ is_within }})
            as {{ prefix }}satisfaction,
        {%- endfor %}

        ---------- dates
        cast(min(first_reviewed_at) as date) as first_activity_on
    from seen
    group by observation_date, customer_id

)

select * from final

{% set places = range(1, 6) | list %}

with

customers as (

    select
        observation_dates.observation_date,
        contactable_customers.customer_id,
        'purchase_frequency' as recommender
    from {{ ref('int_contactable_customers') }} as contactable_customers
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on contactable_customers.is_contactable
            and observation_dates.is_current
    {%- for recommender in ['purchase_frequency', 'overall_popularity'] %}
    union all
    select
        training_customers.observation_date,
        training_customers.customer_id,
        '{{ recommender }}' as recommender
    from {{ ref('segmentation_training') }} as training_customers
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on training_customers.observation_date = observation_dates.observation_date
            and not observation_dates.is_current
    {%- endfor %}

),

known as (

    select
        customers.*,
        items.popularity_rank,
        purchases.purchases,
        items.popularity_rank is not null
        and purchases.window_purchases = 0 as is_repurchase,
        items.popularity_rank - row_number() over (
            partition by
                customers.observation_date, customers.customer_id, customers.recommender
            order by items.popularity_rank asc nulls last
        ) as new_items_before
    from customers
    left join {{ ref('int_customer_item_purchases') }} as purchases
        on customers.observation_date = purchases.observation_date
            and customers.customer_id = purchases.customer_id
            and case customers.recommender
                when 'purchase_frequency' then purchases.purchases > 0
                else purchases.window_purchases > 0
            end
    left join {{ ref('int_recommendable_items') }} as items
        on purchases.observation_date = items.observation_date
            and purchases.item_kind = items.item_kind
            and purchases.item = items.item

),

-- Before the n-th new item come those known ones that fewer than n new ones precede.
new_items as (

    select
        observation_date,
        customer_id,
        recommender,
        {%- for place in places %}
        {{ place }} + count(*) filter (where new_items_before < {{ place }})
            as new_rank_{{ place }},
        {%- endfor %}
        count(*) filter (where is_repurchase) as repurchases
    from known
    group by observation_date, customer_id, recommender

),

ranked as (

    select
        observation_date,
        customer_id,
        recommender,
        popularity_rank,
        purchases,
        row_number() over (
            partition by observation_date, customer_id, recommender
            order by purchases desc, popularity_rank asc
        ) as recommendation_rank
    from known
    where is_repurchase
    {%- for place in places %}
    union all
    select
        observation_date,
        customer_id,
        recommender,
        new_rank_{{ place }} as popularity_rank,
        0 as purchases,
        repurchases + {{ place }} as recommendation_rank
    from new_items
    {%- endfor %}

),

final as (

    select
        ranked.observation_date,
        ranked.customer_id,
        ranked.recommender,
        items.item_kind,
        items.item,
        cast(ranked.recommendation_rank as bigint) as recommendation_rank,
        ranked.purchases,
        items.overall_buyers
    from ranked
    inner join {{ ref('int_recommendable_items') }} as items
        on ranked.observation_date = items.observation_date
            and ranked.popularity_rank = items.popularity_rank
    where ranked.recommendation_rank <= {{ places[-1] }}

)

select * from final

with

customers as (

    select
        assignments.observation_date,
        assignments.customer_id,
        assignments.segment_id,
        recommenders.recommender
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on assignments.observation_date = observation_dates.observation_date
    inner join (
        select 'purchase_frequency' as recommender
        union all
        select 'overall_popularity' as recommender
    ) as recommenders
        on recommenders.recommender = 'purchase_frequency'
            or not observation_dates.is_current
    left join {{ ref('int_contactable_customers') }} as contactable_customers
        on assignments.customer_id = contactable_customers.customer_id
    left join {{ ref('segmentation_training') }} as training_customers
        on assignments.observation_date = training_customers.observation_date
            and assignments.customer_id = training_customers.customer_id
    -- In a segment without any item to recommend nothing is ranked.
    semi join {{ ref('int_recommendable_items') }} as items
        on assignments.observation_date = items.observation_date
            and recommenders.recommender = items.recommender
            and assignments.segment_id = items.segment_id
    where case
            when observation_dates.is_current then contactable_customers.is_contactable
            else training_customers.customer_id is not null
        end
        and assignments.segmentation_name = '{{ segmentation_name() }}'

),

known as (

    select
        customers.*,
        items.item_rank,
        purchases.purchases,
        items.item_rank is not null and purchases.window_purchases = 0 as is_repurchase,
        items.item_rank - row_number() over (
            partition by
                customers.observation_date, customers.customer_id, customers.recommender
            order by items.item_rank asc nulls last
        ) as new_before
    from customers
    left join {{ ref('int_customer_item_purchases') }} as purchases
        on customers.observation_date = purchases.observation_date
            and customers.customer_id = purchases.customer_id
            and case customers.recommender
                when 'purchase_frequency' then purchases.purchases > 0
                else purchases.window_purchases > 0
            end
    left join {{ ref('int_recommendable_items') }} as items
        on customers.observation_date = items.observation_date
            and customers.recommender = items.recommender
            and customers.segment_id = items.segment_id
            and purchases.item_kind = items.item_kind
            and purchases.item = items.item

),

-- Before the n-th new item come those known ones that fewer than n new ones precede.
new_items as (

    select
        observation_date,
        customer_id,
        segment_id,
        recommender,
        {%- for nth in range(1, 6) %}
        {{ nth }} + count_if(coalesce(new_before < {{ nth }}, false)) as rank_{{ nth }},
        {%- endfor %}
        count_if(is_repurchase) as repurchases
    from known
    group by observation_date, customer_id, segment_id, recommender

),

final as (

    select
        observation_date,
        customer_id,
        segment_id,
        recommender,
        item_rank,
        purchases,
        row_number() over (
            partition by observation_date, customer_id, recommender
            order by purchases desc, item_rank asc
        ) as recommendation_rank
    from known
    where is_repurchase
    {%- for nth in range(1, 6) %}
    union all
    select
        observation_date,
        customer_id,
        segment_id,
        recommender,
        cast(rank_{{ nth }} as bigint) as item_rank,
        0 as purchases,
        cast(repurchases + {{ nth }} as bigint) as recommendation_rank
    from new_items
    {%- endfor %}

)

select * from final
where recommendation_rank <= 5

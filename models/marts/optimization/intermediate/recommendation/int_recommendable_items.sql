{#
    The items in the order in which they are recommended, by segment: of what customers
    bought equally often, and of what is new to them, and to all alike. Buyers of a
    segment are shrunk to those of all customers, by as many as make an estimate
    reliable.
#}
{% set scores = {
    'purchase_frequency': 'buyers + ' ~ var('minimum_reliable_customers')
        ~ ' * overall_buyers / shoppers',
    'overall_popularity': 'overall_buyers'
} %}

with

purchases as (

    select * from {{ ref('int_customer_item_purchases') }}
    where window_purchases > 0

),

segment_sizes as (

    select * from {{ ref('int_segment_sizes') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

shoppers as (

    select
        observation_date,
        count(distinct customer_id) as shoppers
    from purchases
    group by observation_date

),

-- What only a few bought is recommended to nobody.
items as (

    select
        observation_date,
        item_kind,
        item,
        count(*) as overall_buyers
    from purchases
    group by observation_date, item_kind, item
    having count(*) >= {{ var('minimum_cell_size') }}

),

buyers as (

    select
        purchases.observation_date,
        assignments.segment_id,
        purchases.item_kind,
        purchases.item,
        count(*) as buyers
    from purchases
    inner join {{ ref('customer_segment_assignments') }} as assignments
        on purchases.observation_date = assignments.observation_date
            and purchases.customer_id = assignments.customer_id
    where assignments.segmentation_name = '{{ segmentation_name() }}'
    group by
        purchases.observation_date,
        assignments.segment_id,
        purchases.item_kind,
        purchases.item

),

compared as (

    select
        items.*,
        segment_sizes.segment_id,
        cast(shoppers.shoppers as double) as shoppers,
        coalesce(buyers.buyers, 0) as buyers
    from items
    inner join shoppers
        on items.observation_date = shoppers.observation_date
    inner join segment_sizes
        on items.observation_date = segment_sizes.observation_date
    left join buyers
        on items.observation_date = buyers.observation_date
            and items.item_kind = buyers.item_kind
            and items.item = buyers.item
            and segment_sizes.segment_id = buyers.segment_id

),

final as (

    {% for recommender, score in scores.items() %}
    select
        observation_date,
        segment_id,
        '{{ recommender }}' as recommender,
        item_kind,
        item,
        overall_buyers,
        row_number() over (
            partition by observation_date, segment_id
            order by round({{ score }}, 6) desc, item_kind asc, item asc
        ) as item_rank
    from compared
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

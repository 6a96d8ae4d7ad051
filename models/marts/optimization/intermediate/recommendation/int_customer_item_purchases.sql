{#
    What customers bought, in categories; a product without one is an item of its own.
    Of the training date, whose recommendations are judged, the bounded sample of
    customers that the model was fitted on is enough.
#}
with

order_items as (

    select * from {{ ref('int_order_items_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

products as (

    select * from {{ ref('int_products_unioned') }}

),

observation_dates as (

    select
        observation_date,
        is_current,
        trailing_start_date,
        outcome_end_date
    from {{ ref('int_observation_dates') }}
    where is_current
        or is_training

),

training_customers as (

    select customer_id from {{ ref('segmentation_training') }}

),

-- What is bought twice on a day is bought once.
bought as (

    select distinct
        orders.customer_id,
        cast(orders.ordered_at as date) as bought_on,
        case when products.category is null then 'product' else 'category' end
            as item_kind,
        coalesce(products.category, order_items.product_id) as item
    from order_items
    inner join orders
        on order_items.order_id = orders.order_id
    left join products
        on order_items.product_id = products.product_id
    where orders.order_kind = 'order'
        and order_items.product_id is not null
        and coalesce(order_items.quantity, 1) > 0

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        bought.customer_id,

        ---------- strings
        bought.item_kind,
        bought.item,

        ---------- numerics
        cast(
            count_if(bought.bought_on < observation_dates.observation_date) as bigint
        ) as purchases,
        cast(
            count_if(
                bought.bought_on >= observation_dates.trailing_start_date
                and bought.bought_on < observation_dates.observation_date
            ) as bigint
        ) as window_purchases,
        case
            when observation_dates.outcome_end_date is not null
                then cast(
                        count_if(
                            bought.bought_on >= observation_dates.observation_date
                        ) as bigint
                    )
        end as outcome_purchases
    from bought
    inner join observation_dates
        on bought.bought_on
            < coalesce(
                observation_dates.outcome_end_date, observation_dates.observation_date
            )
    left join training_customers
        on bought.customer_id = training_customers.customer_id
            and not observation_dates.is_current
    where observation_dates.is_current
        or training_customers.customer_id is not null
    group by
        observation_dates.observation_date,
        observation_dates.outcome_end_date,
        bought.customer_id,
        bought.item_kind,
        bought.item

)

select * from final

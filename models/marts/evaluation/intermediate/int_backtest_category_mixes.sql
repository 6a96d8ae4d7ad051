{{ config(materialized='view') }}

{% set shares = backtest_outcomes()['category_mix'] %}

with

purchases as (

    select
        purchases.customer_id,
        purchases.item,
        cast(purchases.outcome_purchases as double) as purchases
    from {{ ref('int_customer_item_purchases') }} as purchases
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on purchases.observation_date = observation_dates.observation_date
    where observation_dates.is_training
        and purchases.item_kind = 'category'
        and purchases.outcome_purchases > 0

),

-- Equally often bought ones in the order of their names.
categories as (

    select
        item,
        row_number() over (order by sum(purchases) desc, item asc) as place
    from purchases
    group by item

),

final as (

    select
        ---------- ids
        purchases.customer_id,

        ---------- numerics
        {%- for share in shares %}
        coalesce(
            sum(purchases.purchases) filter (where categories.place = {{ loop.index }}),
            0
        ) / sum(purchases.purchases) as {{ share }}{{ ',' if not loop.last }}
        {%- endfor %}
    from purchases
    inner join categories
        on purchases.item = categories.item
    group by purchases.customer_id

)

select * from final

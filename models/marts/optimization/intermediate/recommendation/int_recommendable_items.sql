with

purchases as (

    select * from {{ ref('int_customer_item_purchases') }}
    where window_purchases > 0

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        item_kind,
        item,

        ---------- numerics
        count(*) as overall_buyers,
        row_number() over (
            partition by observation_date
            order by count(*) desc, item_kind asc, item asc
        ) as popularity_rank
    from purchases
    group by observation_date, item_kind, item
    having count(*) >= {{ var('minimum_cell_size') }}

)

select * from final

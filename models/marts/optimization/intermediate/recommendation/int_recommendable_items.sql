{#
    The items that can be recommended: those that most customers bought in the trailing
    window, and none that only a few bought.
#}
with

buyers as (

    select * from {{ ref('int_segment_item_buyers') }}
    where overall_buyers >= {{ var('minimum_cell_size') }}

),

items as (

    select
        observation_date,
        item_kind,
        item,
        max(overall_buyers) as overall_buyers
    from buyers
    group by observation_date, item_kind, item

),

numbered as (

    select
        *,
        row_number() over (
            partition by observation_date
            order by overall_buyers desc, item_kind asc, item asc
        ) - 1 as item_number
    from items

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        item_kind,
        item,

        ---------- numerics
        overall_buyers,
        cast(floor(item_number / {{ items_per_block() }}.0) as int) as item_block,
        cast(1 as bigint) << cast(item_number % {{ items_per_block() }} as int)
            as item_bit
    from numbered
    where item_number < {{ item_blocks() | length * items_per_block() }}

)

select * from final

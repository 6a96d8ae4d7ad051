{#
    The items in the order in which they are recommended to a segment, and to all alike.
    The share of buyers in a segment is drawn towards that of all customers by as many
    customers as make an estimate reliable: a segment that buys little says little.
#}
{% set drawn_customers = var('minimum_reliable_customers') %}
{% set scores = {
    'segment': '(buyers.buyers + ' ~ drawn_customers ~ ' * buyers.overall_share)'
        ~ ' / (buyers.customers + ' ~ drawn_customers ~ ')',
    'popularity': 'buyers.overall_share'
} %}

with

buyers as (

    select * from {{ ref('int_segment_item_buyers') }}

),

items as (

    select * from {{ ref('int_recommendable_items') }}

),

scored as (

    {% for ranking, score in scores.items() %}
    select
        buyers.observation_date,
        '{{ ranking }}' as ranking,
        buyers.segment_id,
        buyers.item_kind,
        buyers.item,
        items.item_block,
        items.item_bit,
        coalesce(buyers.lift_low > 1, false) as is_favourite,
        round({{ score }}, 6) as score
    from buyers
    inner join items
        on buyers.observation_date = items.observation_date
            and buyers.item_kind = items.item_kind
            and buyers.item = items.item
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- ids
        observation_date,
        segment_id,

        ---------- strings
        ranking,
        item_kind,
        item,

        ---------- numerics
        score,
        row_number() over best_first as item_rank,
        item_block,
        item_bit,
        {%- for block in item_blocks() %}
        coalesce(
            bit_or(case when item_block = {{ block }} then item_bit else 0 end)
                over better,
            0
        ) as better_items_{{ block }},
        {%- endfor %}

        ---------- booleans
        is_favourite
    from scored
    window
        best_first as (
            partition by observation_date, ranking, segment_id
            order by score desc, item_kind asc, item asc
        ),
        better as (
            partition by observation_date, ranking, segment_id
            order by score desc, item_kind asc, item asc
            rows between unbounded preceding and 1 preceding
        )

)

select * from final

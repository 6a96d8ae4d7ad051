{#
    The items in the order in which they are recommended to a segment, and to all alike.
    The share of buyers in a segment is drawn towards that of all customers by as many
    customers as make an estimate reliable: a segment that buys little says little.
#}
{% set drawn_customers = var('minimum_reliable_customers') %}

with

buyers as (

    select * from {{ ref('segment_item_buyers') }}
    where overall_buyers >= {{ var('minimum_cell_size') }}

),

scored as (

    {% for ranking, score in {
        'segment': '(buyers + ' ~ drawn_customers ~ ' * overall_share) / (customers + '
            ~ drawn_customers ~ ')',
        'popularity': 'overall_share'
    }.items() %}
    select
        observation_date,
        '{{ ranking }}' as ranking,
        segment_id,
        item_kind,
        item,
        coalesce(lift_low > 1, false) as is_favourite,
        round({{ score }}, 6) as score
    from buyers
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
        row_number() over (
            partition by observation_date, ranking, segment_id
            order by score desc, item_kind asc, item asc
        ) as item_rank,

        ---------- booleans
        is_favourite
    from scored

)

select * from final

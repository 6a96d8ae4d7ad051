{% set segmentations = {
    'segments': 'segment_id',
    'spend_quantiles': 'spend_group',
    'trailing_spend_quantiles': 'recent_spend_group',
    'size_matched_spend_bands': 'spend_share_group',
    'rfm_grid': 'rfm_group'
} %}

with

cells as (

    select * from {{ ref('int_backtest_cells') }}

),

group_count as (

    select count(*) as group_count
    from {{ ref('int_backtest_segment_sizes') }}

),

rfm_scores as (

    select
        rfm_score,
        sum(customers) as customers
    from cells
    where rfm_score > 0
    group by rfm_score

),

ranked_scores as (

    select
        rfm_score,
        sum(customers) over (
            order by rfm_score desc
            rows between unbounded preceding and current row
        ) - customers as customers_above,
        sum(customers) over () as all_customers
    from rfm_scores

),

grouped as (

    select
        cells.*,
        coalesce(
            1 + cast(
                floor(
                    cast(ranked_scores.customers_above as double)
                    * group_count.group_count / ranked_scores.all_customers
                ) as int
            ),
            0
        ) as rfm_group
    from cells
    left join ranked_scores
        on cells.rfm_score = ranked_scores.rfm_score
    cross join group_count

),

final as (

    {% for segmentation, column in segmentations.items() %}
    select
        ---------- ids
        observation_date,

        ---------- strings
        '{{ segmentation }}' as segmentation,

        ---------- numerics
        cast({{ column }} as int) as group_number,
        cast(sum(customers) as bigint) as customers,
        cast(sum(spend_before) as double) as spend_before,
        cast(sum(spend_after) as double) as spend_after,
        cast(sum(spend_after_squared) as double) as spend_after_squared
    from grouped
    group by observation_date, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

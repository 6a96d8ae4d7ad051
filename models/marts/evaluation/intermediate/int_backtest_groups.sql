{% set segmentations = backtest_segmentations() %}

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
        1 + cast(
            floor(
                cast(ranked_scores.customers_above as double)
                * group_count.group_count / ranked_scores.all_customers
            ) as int
        ) as rfm_group
    from cells
    inner join ranked_scores
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
        fold,

        ---------- numerics
        cast({{ column }} as int) as group_number,
        cast(sum(customers) as bigint) as customers,
        cast(sum(spend_before) as double) as spend_before,
        {%- for outcome in backtest_outcomes() %}
        cast(sum({{ outcome }}_customers) as bigint) as {{ outcome }}_customers,
        cast(sum({{ outcome }}_total) as double) as {{ outcome }}_total,
        cast(sum({{ outcome }}_squares) as double) as {{ outcome }}_squares
        {{- ',' if not loop.last }}
        {%- endfor %}
    from grouped
    group by observation_date, fold, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

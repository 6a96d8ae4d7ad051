{% set segmentations = backtest_segmentations() %}
{# Who never bought is one group of every way to group them, and of no help to any. #}
{% set populations = {
    'customers': 'true', 'buyers': 'segment_id <> ' ~ never_buyers_segment_id()
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

    {% for population, condition in populations.items() %}
    {% for segmentation, column in segmentations.items() %}
    select
        ---------- ids
        observation_date,

        ---------- strings
        '{{ population }}' as population,
        '{{ segmentation }}' as segmentation,
        fold,

        ---------- numerics
        cast({{ column }} as int) as group_number,
        cast(sum(customers) as bigint) as customers,
        cast(sum(spend_before) as double) as spend_before,
        {%- for outcome in backtest_outcomes().values() | sum(start=[]) %}
        cast(sum({{ outcome }}_customers) as bigint) as {{ outcome }}_customers,
        sum({{ outcome }}_total) as {{ outcome }}_total,
        sum({{ outcome }}_squares) as {{ outcome }}_squares
        {{- ',' if not loop.last }}
        {%- endfor %}
    from grouped
    where {{ condition }}
    group by observation_date, fold, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

with

groups as (

    select * from {{ ref('int_backtest_groups') }}

),

outcomes as (

    {% for outcome, columns in backtest_outcomes().items() %}
    {%- set outer_last = loop.last -%}
    {% for column in columns %}
    select
        observation_date,
        population,
        segmentation,
        group_number,
        fold,
        '{{ outcome }}' as outcome,
        {{ loop.index }} as component,
        {{ column }}_customers as customers,
        coalesce({{ column }}_total, 0) as total,
        coalesce({{ column }}_squares, 0) as squares
    from groups
    {{ 'union all' if not (outer_last and loop.last) }}
    {% endfor %}
    {% endfor %}

),

-- What the other folds hold, of the group and of all groups.
others as (

    select
        *,
        (sum(customers) over of_group) - customers as group_customers,
        (sum(total) over of_group) - total as group_total,
        (sum(customers) over of_all) - (sum(customers) over of_fold) as all_customers,
        (sum(total) over of_all) - (sum(total) over of_fold) as all_total
    from outcomes
    window
        of_group as (
            partition by population, segmentation, outcome, component, group_number
        ),
        of_fold as (partition by population, segmentation, outcome, component, fold),
        of_all as (partition by population, segmentation, outcome, component)

),

-- A customer is expected to be like the mean of the group; where the other folds have
-- nobody in it, like that of all.
expected as (

    select
        *,
        cast(all_total as double) / nullif(all_customers, 0) as overall_mean,
        coalesce(
            cast(group_total as double) / nullif(group_customers, 0),
            cast(all_total as double) / nullif(all_customers, 0)
        ) as group_mean
    from others

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        population,
        segmentation,
        outcome,
        fold,

        ---------- numerics
        cast(sum(customers) filter (where component = 1) as bigint) as customers,
        -- Sums of decimals do not depend on their order.
        {%- for error, mean in {
            'squared_error': 'group_mean', 'squared_deviation': 'overall_mean'
        }.items() %}
        cast(
            sum(cast(
                squares + {{ mean }} * ({{ mean }} * customers - 2 * total)
                as decimal(38, 10)
            )) as double
        ) as {{ error }}{{ ',' if not loop.last }}
        {%- endfor %}
    from expected
    group by observation_date, population, segmentation, outcome, fold
    having sum(customers) > 0

)

select * from final

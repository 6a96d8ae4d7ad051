{#
    What one way to group customers explains more than another one, fold by fold. One
    group of all customers is a way too: what is explained more is what is explained.
#}
with

errors as (

    select * from {{ ref('int_backtest_errors') }}

),

others as (

    select
        population,
        segmentation,
        outcome,
        fold,
        squared_error
    from errors
    union all
    select
        population,
        'all_customers' as segmentation,
        outcome,
        fold,
        max(squared_deviation) as squared_error
    from errors
    group by population, outcome, fold

),

paired as (

    select
        own.observation_date,
        own.population,
        own.segmentation,
        other.segmentation as other_segmentation,
        own.outcome,
        own.customers,
        own.squared_deviation,
        other.squared_error - own.squared_error as saved_error
    from errors as own
    inner join others as other
        on own.population = other.population
            and own.outcome = other.outcome
            and own.fold = other.fold
            and own.segmentation <> other.segmentation

),

differences as (

    select
        *,
        sum(saved_error) over of_pair
        / nullif(sum(squared_deviation) over of_pair, 0) as difference
    from paired
    window of_pair as (
        partition by population, segmentation, other_segmentation, outcome
    )

),

measured as (

    select
        observation_date,
        population,
        segmentation,
        other_segmentation,
        outcome,
        cast(sum(customers) as bigint) as customers,
        max(difference) as difference,
        {{ fold_ratio_error(
            'saved_error - difference * squared_deviation', 'squared_deviation'
        ) }} as standard_error
    from differences
    group by
        observation_date, population, segmentation, other_segmentation, outcome

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        population,
        segmentation,
        other_segmentation,
        outcome,

        ---------- numerics
        customers,
        round(difference, 6) as difference,
        round(standard_error, 6) as standard_error,
        round(difference - {{ fold_quantile() }} * standard_error, 6)
            as difference_low,
        round(difference + {{ fold_quantile() }} * standard_error, 6)
            as difference_high
    from measured

)

select * from final

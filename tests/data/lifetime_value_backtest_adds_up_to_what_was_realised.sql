-- Both predictors rank the same customers, and in whole tenths of them.
with

deciles as (

    select * from {{ ref('lifetime_value_backtest') }}

),

outcomes as (

    select * from {{ ref('int_customer_lifetime_outcomes') }}

),

predictors as (

    select
        observation_date,
        predictor,
        sum(customers) as customers,
        max(customers) - min(customers) as difference,
        sum(mean_realised_spend * customers) as realised_spend,
        count(*) = count(mean_realised_spend) as is_all_shown
    from deciles
    group by observation_date, predictor

),

totals as (

    select
        observation_date,
        count(*) as customers,
        cast(sum(realised_spend) as double) as realised_spend
    from outcomes
    group by observation_date

)

select
    predictors.observation_date,
    predictors.predictor,
    predictors.customers,
    predictors.difference,
    predictors.realised_spend
from predictors
inner join totals
    on predictors.observation_date = totals.observation_date
where predictors.customers <> totals.customers
    or predictors.difference > 1
    or (
        predictors.is_all_shown
        and abs(predictors.realised_spend - totals.realised_spend)
        > 0.00001 * totals.customers
    )

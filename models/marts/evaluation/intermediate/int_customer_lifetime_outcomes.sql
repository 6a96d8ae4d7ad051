{#
    What customers were expected to buy in the window after the training date, and what
    they bought. The models were fitted on what came before it.
#}
with

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

expectations as (

    select * from {{ ref('int_customer_lifetime_expectations') }}
    where horizon_days = {{ valid_var('outcome_window_days') }}

),

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

customer_features as (

    select * from {{ ref('customer_features') }}

),

compared as (

    select
        expectations.observation_date,
        expectations.customer_id,
        expectations.prediction_method,
        expectations.prediction_reason,
        expectations.horizon_days,
        expectations.expected_orders,
        expectations.expected_spend,
        expectations.baseline_orders,
        expectations.baseline_spend,
        outcome.frequency - expectations.frequency as realised_orders,
        customer_features.trailing_spend as realised_spend
    from expectations
    inner join training_date
        on expectations.observation_date = training_date.observation_date
    inner join repeat_purchases as outcome
        on training_date.outcome_end_date = outcome.observation_date
            and expectations.customer_id = outcome.customer_id
    inner join customer_features
        on training_date.outcome_end_date = customer_features.observation_date
            and expectations.customer_id = customer_features.customer_id

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- strings
        prediction_method,
        prediction_reason,

        ---------- numerics
        horizon_days,
        expected_orders,
        expected_spend,
        baseline_orders,
        baseline_spend,
        realised_orders,
        realised_spend,
        row_number() over (order by expected_spend desc nulls last, customer_id asc)
            as expected_rank,
        row_number() over (order by baseline_spend desc nulls last, customer_id asc)
            as baseline_rank,
        count(*) over () as customers
    from compared

)

select * from final

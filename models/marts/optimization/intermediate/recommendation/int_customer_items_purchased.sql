{{ config(materialized='view') }}

{#
    The items that customers had bought by the dates on which something is recommended:
    today, and on the training date, whose recommendations can be judged.
#}
with

purchases as (

    select * from {{ ref('int_customer_item_purchases') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current
        or is_training

),

-- Bit n is the trailing window of the date n steps back, higher bits are older, and the
-- bit below is the window that follows.
final as (

    select
        ---------- ids
        observation_dates.observation_date,
        purchases.customer_id,

        ---------- strings
        purchases.item_kind,
        purchases.item,

        ---------- booleans
        ((purchases.period_bits >> observation_dates.observation_step) & 1) = 1
            as is_in_window,
        (purchases.period_bits >> observation_dates.observation_step) > 0
            as is_before_date,
        case
            when observation_dates.outcome_end_date is not null
                then (
                        (
                            purchases.period_bits
                            >> greatest(observation_dates.observation_step - 1, 0)
                        ) & 1
                    ) = 1
        end as is_in_outcome
    from purchases
    cross join observation_dates

)

select * from final

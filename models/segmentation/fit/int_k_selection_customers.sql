{{ config(materialized='view') }}

{#
    What the number of segments is judged by: buyers of the date before the training
    date, and what they did in the window that followed. It ends where the outcome window
    of the training date begins. A view, so that only who reads it pays for it.
#}
{% set features = candidate_features() %}

with

-- Without a date before it the training date itself is the judge.
judged_date as (

    select
        observation_date,
        outcome_end_date,
        is_training
    from {{ ref('int_observation_dates') }}
    where outcome_end_date is not null
    order by is_training asc, observation_date desc
    limit 1

),

-- The same hash as for the training date draws the same customers.
sampled as (

    select
        customer_features.*,
        judged_date.outcome_end_date,
        md5(customer_features.customer_id) as sampling_hash
    from {{ ref('customer_features') }} as customer_features
    inner join judged_date
        on customer_features.observation_date = judged_date.observation_date
    where customer_features.is_never_buyer is not true
    order by sampling_hash, customer_features.customer_id
    limit {{ var('selection_sample_rows') }}

),

final as (

    select
        ---------- ids
        sampled.customer_id,

        ---------- numerics
        {%- for feature in features %}
        cast(sampled.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        cast(outcome.trailing_spend as double) as next_window_spend,
        cast(outcome.trailing_order_count as double) as next_window_order_count,

        ---------- dates
        sampled.observation_date,
        sampled.outcome_end_date
    from sampled
    inner join {{ ref('customer_features') }} as outcome
        on sampled.outcome_end_date = outcome.observation_date
            and sampled.customer_id = outcome.customer_id

)

select * from final

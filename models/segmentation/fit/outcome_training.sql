{{ config(materialized='view') }}

{#
    What methods that learn outcomes learn from, and what they are judged by: customers
    who had bought by the training date, and by the one before it, and what they spent
    in the window that followed. A view, so that only who reads it pays for it.
#}
{% set features = candidate_features() %}

with

observation_dates as (

    select
        observation_date,
        outcome_end_date,
        outcome_end_date = max(
            case when is_training then observation_date end
        ) over () as is_earlier
    from {{ ref('int_observation_dates') }}

),

-- The same hash as for the training date draws the same customers where they are known.
earlier_customers as (

    select
        customer_features.*,
        md5(customer_features.customer_id) as sampling_hash
    from {{ ref('customer_features') }} as customer_features
    inner join observation_dates
        on customer_features.observation_date = observation_dates.observation_date
            and observation_dates.is_earlier
    where customer_features.is_never_buyer is not true
    order by sampling_hash, customer_features.customer_id
    limit {{ var('training_sample_rows') }}

),

sampled as (

    select
        observation_date,
        customer_id,
        {%- for feature in features %}
        {{ feature }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('segmentation_training') }}
    union all
    select
        observation_date,
        customer_id,
        {%- for feature in features %}
        cast({{ feature }} as double) as {{ feature }}{{ ',' if not loop.last }}
        {%- endfor %}
    from earlier_customers

),

final as (

    select
        ---------- ids
        sampled.customer_id,

        ---------- numerics
        {%- for feature in features %}
        sampled.{{ feature }},
        {%- endfor %}
        cast(outcome.trailing_spend as double) as next_window_spend,

        ---------- dates
        sampled.observation_date
    from sampled
    inner join observation_dates
        on sampled.observation_date = observation_dates.observation_date
    left join {{ ref('customer_features') }} as outcome
        on observation_dates.outcome_end_date = outcome.observation_date
            and sampled.customer_id = outcome.customer_id

)

select * from final

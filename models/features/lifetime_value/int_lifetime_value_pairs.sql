{#
    All that the hypergeometric term of BG/NBD and the probabilities of numbers of
    purchases depend on: there are far fewer pairs of frequency and age than customers.
#}
with

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

horizons as (

    select * from {{ ref('int_lifetime_value_horizons') }}

),

parameters as (

    select * from {{ ref('int_lifetime_value_parameters') }}
    where prediction_method <> 'baseline'

),

pairs as (

    select distinct
        observation_date,
        frequency,
        age_days
    from repeat_purchases

),

final as (

    select
        ---------- numerics
        horizons.horizon_days,
        pairs.frequency,
        pairs.age_days,
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,

        ---------- dates
        pairs.observation_date
    from pairs
    inner join horizons
        on pairs.observation_date = horizons.observation_date
    inner join parameters
        on pairs.observation_date = parameters.observation_date

)

select * from final

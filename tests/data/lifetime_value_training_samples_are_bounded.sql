with

samples as (

    select
        observation_date,
        sum(customers) as sampled_customers
    from {{ ref('int_lifetime_value_training') }}
    group by observation_date

)

select *
from samples
where sampled_customers > {{ var('lifetime_value_sample_rows') }}

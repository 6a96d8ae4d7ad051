with

observed as (

    select
        observation_date,
        count(*) as customers
    from {{ ref('customer_features') }}
    group by observation_date

),

scored as (

    select
        observation_date,
        count(*) as customers
    from {{ ref('customer_segment_assignments') }}
    group by observation_date

)

select
    observation_date,
    observed.customers as observed_customers,
    scored.customers as scored_customers
from observed
full outer join scored using (observation_date)
where coalesce(observed.customers, 0) <> coalesce(scored.customers, 0)

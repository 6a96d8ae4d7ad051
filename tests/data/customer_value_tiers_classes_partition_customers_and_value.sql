-- Class by class, customers and value add up to those of the features.
with

tiers as (

    select
        observation_date,
        count(*) as customers,
        sum(customer_value) as customer_value
    from {{ ref('customer_value_tiers') }}
    where pareto_class in ('A', 'B', 'C')
    group by observation_date

),

features as (

    select
        observation_date,
        count(*) as customers,
        sum(trailing_spend) as trailing_spend,
        sum(total_spend) as total_spend,
        sum(cast(lifetime_value as decimal(18, 4))) as lifetime_value
    from {{ ref('customer_features') }}
    group by observation_date

)

select
    features.observation_date,
    features.customers,
    tiers.customers as tiered_customers,
    tiers.customer_value
from features
left join tiers
    on features.observation_date = tiers.observation_date
where tiers.customers is distinct from features.customers
    or tiers.customer_value not in (
        features.trailing_spend, features.total_spend, features.lifetime_value
    )

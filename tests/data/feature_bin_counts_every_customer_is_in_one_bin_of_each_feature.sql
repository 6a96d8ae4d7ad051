with

features as (

    select
        observation_date,
        feature_name,
        sum(customers) as customers,
        sum(training_customers) as training_customers
    from {{ ref('int_feature_bin_counts') }}
    group by observation_date, feature_name

),

training_overlap as (

    select * from {{ ref('int_training_overlap') }}

)

select
    features.*,
    training_overlap.customers as all_customers,
    training_overlap.training_customers as all_training_customers
from features
left join training_overlap
    on features.observation_date = training_overlap.observation_date
where coalesce(
    features.customers <> training_overlap.customers
    or features.training_customers <> training_overlap.training_customers,
    true
)

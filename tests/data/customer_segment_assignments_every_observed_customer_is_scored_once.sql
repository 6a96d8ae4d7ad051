{% set filtered = segmentation_filters() | list %}

with

observed as (

    select
        versions.segmentation_name,
        features.observation_date,
        count(*) as customers
    from {{ ref('customer_features') }} as features
    cross join {{ ref('segmentation_versions') }} as versions
    where versions.is_in_use
        and not ({{ "versions.segmentation_name in (" ~ quoted(filtered) ~ ")"
            if filtered else 'false' }})
    group by versions.segmentation_name, features.observation_date
    union all
    select
        segmentation_name,
        observation_date,
        count(*) as customers
    from {{ ref('int_segmentation_members') }}
    group by segmentation_name, observation_date

),

scored as (

    select
        segmentation_name,
        observation_date,
        count(*) as customers
    from {{ ref('customer_segment_assignments') }}
    group by segmentation_name, observation_date

)

select
    segmentation_name,
    observation_date,
    observed.customers as observed_customers,
    scored.customers as scored_customers
from observed
full outer join scored using (segmentation_name, observation_date)
where coalesce(observed.customers, 0) <> coalesce(scored.customers, 0)

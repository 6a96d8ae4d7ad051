with

segments as (

    select * from {{ ref('segments') }}
    where customers > 0

),

profiles as (

    select
        segmentation_name,
        segment_id,
        count(*) as features,
        min(customers) as fewest_customers,
        max(customers) as most_customers
    from {{ ref('segment_profiles') }}
    group by segmentation_name, segment_id

)

select *
from segments
left join profiles using (segmentation_name, segment_id)
where coalesce(features, 0) <> {{ candidate_features() | length }}
    or fewest_customers <> customers
    or most_customers <> customers

-- Spend per customer is rounded and cells of too few customers are not shown.
with

evaluation as (

    select * from {{ ref('segment_evaluation') }}
    where measure = 'value' and evaluation_window = 'observed'

),

features as (

    select * from {{ ref('customer_features') }}

),

by_segment as (

    select
        segmentation_name,
        observation_date,
        sum(estimate * customers_measured) as value,
        sum(customers_measured) as customers,
        bool_or(estimate is null and customers > 0) as is_incomplete
    from evaluation
    group by segmentation_name, observation_date

),

in_all as (

    select
        assignments.segmentation_name,
        features.observation_date,
        cast(sum(features.trailing_spend) as double) as value,
        count(*) as customers
    from features
    inner join {{ ref('customer_segment_assignments') }} as assignments
        on features.observation_date = assignments.observation_date
            and features.customer_id = assignments.customer_id
    group by assignments.segmentation_name, features.observation_date

)

select
    in_all.segmentation_name,
    in_all.observation_date,
    by_segment.value as value_by_segment,
    in_all.value as total_value
from in_all
left join by_segment
    on in_all.segmentation_name = by_segment.segmentation_name
        and in_all.observation_date = by_segment.observation_date
where not coalesce(by_segment.is_incomplete, false)
    and (
        by_segment.value is null
        or by_segment.customers <> in_all.customers
        or abs(by_segment.value - in_all.value) > 0.000001 * in_all.customers
    )

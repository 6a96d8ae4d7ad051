with

sizes as (

    select
        segmentation_name,
        count(*) as segments,
        sum(customers) as segment_customers,
        sum(customer_share) as total_share
    from {{ ref('segments') }}
    group by segmentation_name

),

counted as (

    select count(*) as customers
    from {{ ref('customers') }}

)

select *
from sizes
cross join counted
where segments > 0
    and (
        segment_customers <> customers
        -- Each share is rounded to six digits.
        or abs(coalesce(total_share, 0) - cast(customers > 0 as int))
            > 0.000001 * segments
    )

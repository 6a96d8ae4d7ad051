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

    select
        '{{ segmentation_name() }}' as segmentation_name,
        count(*) as customers
    from {{ ref('customers') }}
    union all
    select
        segmentation_name,
        count(*) as customers
    from {{ ref('customer_segment_memberships') }}
    where segmentation_name <> '{{ segmentation_name() }}'
    group by segmentation_name

)

select *
from sizes
left join counted using (segmentation_name)
where segments > 0
    and (
        segment_customers <> coalesce(customers, 0)
        -- Each share is rounded to six digits.
        or abs(coalesce(total_share, 0) - cast(coalesce(customers, 0) > 0 as int))
            > 0.000001 * segments
    )

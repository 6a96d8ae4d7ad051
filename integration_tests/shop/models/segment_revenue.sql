-- A mart of the shop that reads the package's public table.
select
    segments.segment_name,
    count(distinct orders.customer_id) as customers,
    sum(orders.order_total) as revenue
from {{ ref('orders') }} as orders
inner join {{ ref('customer_segmentation', 'customer_segments') }} as segments
    on cast(orders.customer_id as varchar) = segments.customer_id
group by segments.segment_name

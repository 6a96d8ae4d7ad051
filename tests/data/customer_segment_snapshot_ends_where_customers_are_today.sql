with

open_rows as (

    select * from {{ ref('customer_segment_snapshot') }}
    where dbt_valid_to is null

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

)

select
    coalesce(open_rows.customer_id, customer_segments.customer_id) as customer_id,
    open_rows.segment_id as segment_of_history,
    customer_segments.segment_id as segment_of_today
from open_rows
full outer join customer_segments
    on open_rows.customer_id = customer_segments.customer_id
where open_rows.customer_id is null
    or customer_segments.customer_id is null
    or open_rows.segment_id <> customer_segments.segment_id
    or open_rows.segmentation_version <> customer_segments.segmentation_version

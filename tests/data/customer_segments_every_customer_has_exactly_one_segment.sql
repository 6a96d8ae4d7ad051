with

customers as (

    select * from {{ ref('customers') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

without_segment as (

    select
        customers.customer_id,
        'no segment' as problem
    from customers
    anti join customer_segments
        on customers.customer_id = customer_segments.customer_id

),

row_counts as (

    select
        (select count(*) from customers) as customers,
        (select count(*) from customer_segments) as rows_of_segments

)

select
    customer_id,
    problem
from without_segment
union all
select
    cast(null as string) as customer_id,
    cast(rows_of_segments as string) || ' rows for '
    || cast(customers as string) || ' customers' as problem
from row_counts
where customers <> rows_of_segments

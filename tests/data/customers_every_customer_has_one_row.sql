-- Not a generic test: in a project that has this one as a package, dbt would look for
-- its model `customers` in that project first.
select
    customer_id,
    count(*) as row_count
from {{ ref('customers') }}
group by customer_id
having count(*) > 1

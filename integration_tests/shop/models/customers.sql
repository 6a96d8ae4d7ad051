-- Customers of three kinds: who buys every week, every month or twice a year.
select
    cast(number as integer) as customer_id,
    'Customer ' || number as name,
    date '2023-01-01' + cast(hash(number) % 200 as integer) as first_seen_on
from range(1, 601) as numbers (number)

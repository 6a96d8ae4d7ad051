with

rates as (

    select
        count(*) as rate_count,
        count_if(rate = 1) as own_rates
    from {{ ref('exchange_rates') }}

)

select *
from rates
where rate_count > 0
    and own_rates = 0

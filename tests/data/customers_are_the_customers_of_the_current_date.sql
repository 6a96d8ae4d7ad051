with

counted as (

    select
        (select count(*) from {{ ref('customers') }}) as customers,
        (
            select count(*)
            from {{ ref('customer_features') }}
            where observation_date = (
                select observation_date from {{ ref('int_observation_dates') }}
                where is_current
            )
        ) as observed_customers

)

select *
from counted
where customers <> observed_customers

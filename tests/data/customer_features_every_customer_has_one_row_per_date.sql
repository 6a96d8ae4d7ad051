with

known_customers as (

    select * from {{ ref('int_customers') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- By day first: dates are then compared with days, not with customers.
known_by_day as (

    select
        known_since_on,
        count(*) as customers
    from known_customers
    group by known_since_on

),

expected as (

    select
        observation_dates.observation_date,
        sum(known_by_day.customers) as customers
    from observation_dates
    inner join known_by_day
        on {{ is_known_by('known_by_day.known_since_on') }}
    group by observation_dates.observation_date

),

found as (

    select
        observation_date,
        count(*) as customers
    from {{ ref('customer_features') }}
    group by observation_date

)

select
    observation_date,
    expected.customers as expected_customers,
    found.customers as found_customers
from expected
full outer join found using (observation_date)
where coalesce(expected.customers, 0) <> coalesce(found.customers, 0)

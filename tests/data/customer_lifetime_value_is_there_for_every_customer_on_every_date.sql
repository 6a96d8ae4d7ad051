with

customer_features as (

    select * from {{ ref('customer_features') }}

),

lifetime_values as (

    select * from {{ ref('customer_lifetime_value') }}

),

without_row as (

    select
        customer_features.observation_date,
        customer_features.customer_id
    from customer_features
    anti join lifetime_values
        on customer_features.observation_date = lifetime_values.observation_date
            and customer_features.customer_id = lifetime_values.customer_id

),

row_counts as (

    select
        (select count(*) from customer_features) as rows_of_features,
        (select count(*) from lifetime_values) as rows_of_values

)

select
    customer_id,
    'no lifetime value on ' || cast(observation_date as string) as problem
from without_row
union all
select
    cast(null as string) as customer_id,
    cast(rows_of_values as string) || ' rows for '
    || cast(rows_of_features as string) || ' customers and dates' as problem
from row_counts
where rows_of_values <> rows_of_features

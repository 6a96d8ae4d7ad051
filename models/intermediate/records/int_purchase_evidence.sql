{# Where the input does not say who bought, nobody is known to have bought nothing. #}
with

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- Orders of any state: where all were cancelled, nobody has bought.
orders as (

    select count(*) as customers
    from {{ ref('int_customer_order_counts') }} as order_counts
    inner join current_observation
        on order_counts.first_record_on < current_observation.observation_date

),

summaries as (

    select count(*) as customers
    from {{ ref('int_customer_summaries_dated') }} as summaries
    inner join current_observation
        on summaries.observation_date = current_observation.observation_date
    where summaries.order_count is not null
        or summaries.total_spend is not null
        or summaries.recency_days is not null

),

final as (

    select orders.customers + summaries.customers > 0 as has_purchase_records
    from orders
    cross join summaries

)

select * from final

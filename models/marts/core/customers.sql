with

known_customers as (

    select * from {{ ref('int_customers') }}

),

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

current_features as (

    select customer_features.*
    from {{ ref('customer_features') }} as customer_features
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on customer_features.observation_date = observation_dates.observation_date
    where observation_dates.is_current

),

final as (

    select
        ---------- ids
        current_features.customer_id,
        {{ salted_hash('people.email') }} as email_hash,

        ---------- strings
        people.gender,
        people.city,
        people.country,

        ---------- numerics
        current_features.age,
        people.income,
        current_features.tenure_days,
        current_features.recency_days,
        current_features.order_count,
        current_features.total_spend,
        current_features.average_order_value,
        current_features.returned_amount,
        current_features.visit_count,
        current_features.conversion_rate,
        current_features.review_count,
        current_features.satisfaction,
        current_features.loyalty,
        current_features.lifetime_value,

        ---------- booleans
        known_customers.is_registered,
        people.has_marketing_consent,

        ---------- dates
        people.registered_on,
        known_customers.known_since_on,
        current_features.observation_date
    from current_features
    inner join known_customers
        on current_features.customer_id = known_customers.customer_id
    left join people
        on current_features.customer_id = people.customer_id

)

select * from final

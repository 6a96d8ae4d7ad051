{# Named here, because dbt must know of them whatever var as_of_date is. #}
{% set records = {
    ref('int_orders_unioned'): 'ordered_at',
    ref('int_visits_unioned'): 'visited_at',
    ref('int_reviews_unioned'): 'reviewed_at',
    ref('int_campaign_contacts_unioned'): 'contacted_at'
} %}

with

customers as (

    select * from {{ ref('int_customers_deduplicated') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

summaries as (

    select
        customer_id,
        source_system,
        min(observed_on) as first_activity_on
    from {{ ref('int_customer_summaries_unioned') }}
    group by customer_id, source_system

),

-- A person in any record is a customer, registered or not.
appearances as (

    select
        customer_id,
        registered_on as appeared_on,
        true as is_registered
    from customers
    union all
    select
        customer_id,
        first_activity_on as appeared_on,
        false as is_registered
    from summaries
    {%- for activity in [
        'int_customer_orders',
        'int_customer_visits',
        'int_customer_reviews',
        'int_customer_campaign_contacts'
    ] %}
    union all
    select
        activity.customer_id,
        activity.first_activity_on as appeared_on,
        false as is_registered
    from {{ ref(activity) }} as activity
    inner join current_observation
        on activity.observation_date = current_observation.observation_date
    {%- endfor %}
    {%- if var('as_of_date') %}
    -- Records after the date say of a customer without any other that they came later.
    {%- for relation, time in records.items() %}
    union all
    select
        customers.customer_id,
        cast(records.{{ time }} as date) as appeared_on,
        false as is_registered
    from {{ relation }} as records
    inner join customers
        on records.customer_id = customers.customer_id
    where customers.registered_on is null
    {%- endfor %}
    {%- endif %}

),

final as (

    select
        ---------- ids
        appearances.customer_id,

        ---------- booleans
        bool_or(appearances.is_registered) as is_registered,

        ---------- dates
        min(appearances.appeared_on) as known_since_on
    from appearances
    group by appearances.customer_id

)

select * from final

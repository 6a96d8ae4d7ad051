{% set lifetime_horizon_days = valid_var('lifetime_horizon_days') %}
{% set custom_features = custom_feature_columns() | list %}

with

known_customers as (

    select * from {{ ref('int_customers') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

customers as (

    select * from {{ ref('int_customers_deduplicated') }}

),

summaries as (

    select * from {{ ref('int_customer_summaries_dated') }}

),

purchase_evidence as (

    select * from {{ ref('int_purchase_evidence') }}

),

orders as (

    select * from {{ ref('int_customer_orders') }}

),

baskets as (

    select * from {{ ref('int_customer_baskets') }}

),

visits as (

    select * from {{ ref('int_customer_visits') }}

),

reviews as (

    select * from {{ ref('int_customer_reviews') }}

),

campaign_contacts as (

    select * from {{ ref('int_customer_campaign_contacts') }}

),

lifetime_expectations as (

    select * from {{ ref('int_customer_lifetime_expectations') }}
    where horizon_days = {{ lifetime_horizon_days }}

),

{% if custom_features %}
custom_features as (

    select * from {{ ref('int_customer_custom_features') }}

),

{% endif %}

-- Customers are observed on the dates after they were first known. Of those without any
-- date, or registered after the last activity, it is known that they are customers now.
observed_customers as (

    select
        observation_dates.observation_date,
        known_customers.customer_id,
        known_customers.known_since_on
    from known_customers
    inner join observation_dates
        on {{ is_known_by('known_customers.known_since_on') }}

),

joined as (

    select
        observed_customers.observation_date,
        observed_customers.customer_id,
        customers.gender,
        customers.income,
        coalesce(
            cast(floor(
                {{ days_before_observation('customers.birth_date') }}
                / 365.25
            ) as bigint),
            customers.age
        ) as age,
        case
            when observed_customers.known_since_on is not null
                then greatest(
                    0,
                    {{ days_before_observation('observed_customers.known_since_on') }}
                )
        end as tenure_days,
        coalesce(
            {{ days_before_observation('orders.last_order_on') }},
            case when orders.customer_id is null then summaries.recency_days end
        ) as days_since_order,
        coalesce(orders.order_count, summaries.order_count, 0) as order_count,
        coalesce(
            orders.gross_spend - orders.returned_amount, summaries.total_spend, 0
        ) as total_spend,
        coalesce(orders.priced_order_count, summaries.order_count, 0)
            as priced_order_count,
        coalesce(orders.gross_spend, 0) as gross_spend,
        coalesce(orders.return_count, 0) as return_count,
        coalesce(orders.returned_amount, 0) as returned_amount,
        coalesce(orders.trailing_order_count, 0) as trailing_order_count,
        coalesce(orders.trailing_gross_spend - orders.trailing_returned_amount, 0)
            as trailing_spend,
        orders.order_gap_days,
        orders.order_value_variation,
        baskets.items_per_order,
        baskets.discount_share,
        coalesce(visits.visit_count, summaries.visit_count, 0) as visit_count,
        coalesce(
            visits.converted_visit_count,
            summaries.conversion_rate * summaries.visit_count
        ) as converted_visits,
        coalesce(visits.trailing_visit_count, 0) as trailing_visit_count,
        coalesce(visits.trailing_converted_visit_count, 0)
            as trailing_converted_visit_count,
        coalesce(visits.conversion_rate, summaries.conversion_rate) as conversion_rate,
        coalesce(reviews.review_count, 0) as review_count,
        coalesce(reviews.satisfaction, summaries.satisfaction) as satisfaction,
        coalesce(reviews.trailing_review_count, 0) as trailing_review_count,
        reviews.trailing_satisfaction,
        cast(campaign_contacts.response_count as double)
        / nullif(campaign_contacts.contact_count, 0) as campaign_response_rate,
        campaign_contacts.shrunk_response_rate,
        -- The month of the observation date is not over: neither it nor an order in it
        -- counts.
        {{ dbt.datediff(
            'orders.first_order_on', 'observed_customers.observation_date', 'month'
        ) }} - 1 as months_since_first_order,
        orders.order_month_count - case
            when orders.last_order_on
                >= {{ dbt.date_trunc('month', 'observed_customers.observation_date') }}
                then 1
            else 0
        end as order_month_count,
        summaries.loyalty as summary_loyalty,
        summaries.lifetime_value as summary_lifetime_value,
        lifetime_expectations.expected_spend,
        {%- for feature in custom_features %}
        custom_features.{{ feature }},
        {%- endfor %}
        -- Of a customer without any order the summary says whether they ever bought.
        coalesce(
            orders.order_count > 0,
            greatest(summaries.order_count, summaries.total_spend) > 0,
            summaries.recency_days is not null,
            false
        ) as has_purchased,
        purchase_evidence.has_purchase_records
    from observed_customers
    cross join purchase_evidence
    left join customers
        on observed_customers.customer_id = customers.customer_id
    left join orders
        on observed_customers.observation_date = orders.observation_date
            and observed_customers.customer_id = orders.customer_id
    left join baskets
        on observed_customers.observation_date = baskets.observation_date
            and observed_customers.customer_id = baskets.customer_id
    left join visits
        on observed_customers.observation_date = visits.observation_date
            and observed_customers.customer_id = visits.customer_id
    left join reviews
        on observed_customers.observation_date = reviews.observation_date
            and observed_customers.customer_id = reviews.customer_id
    left join campaign_contacts
        on observed_customers.observation_date = campaign_contacts.observation_date
            and observed_customers.customer_id = campaign_contacts.customer_id
    left join summaries
        on observed_customers.observation_date = summaries.observation_date
            and observed_customers.customer_id = summaries.customer_id
    left join lifetime_expectations
        on observed_customers.observation_date = lifetime_expectations.observation_date
            and observed_customers.customer_id = lifetime_expectations.customer_id
    {%- if custom_features %}
    left join custom_features
        on observed_customers.observation_date = custom_features.observation_date
            and observed_customers.customer_id = custom_features.customer_id
    {%- endif %}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        age,
        cast(gender = 'female' as int) as is_female,
        cast(gender = 'male' as int) as is_male,
        cast(gender = 'other' as int) as is_other_gender,
        income,
        tenure_days,
        coalesce(days_since_order, tenure_days) as recency_days,
        order_count,
        cast(total_spend as decimal(18, 4)) as total_spend,
        cast(gross_spend as decimal(18, 4)) as gross_spend,
        return_count,
        cast(returned_amount as decimal(18, 4)) as returned_amount,
        round(
            cast(if(gross_spend > 0, gross_spend, total_spend) as double)
            / nullif(priced_order_count, 0), 6
        ) as average_order_value,
        trailing_order_count,
        cast(trailing_spend as decimal(18, 4)) as trailing_spend,
        order_gap_days,
        order_value_variation,
        items_per_order,
        discount_share,
        visit_count,
        converted_visits,
        trailing_visit_count,
        trailing_converted_visit_count,
        round(conversion_rate, 6) as conversion_rate,
        review_count,
        round(satisfaction, 6) as satisfaction,
        trailing_review_count,
        round(trailing_satisfaction, 6) as trailing_satisfaction,
        order_count + return_count + visit_count + review_count as record_count,
        round(coalesce(
            case
                when months_since_first_order >= 3
                    then (order_month_count - 1)
                        / cast(months_since_first_order as double)
            end,
            case when order_month_count is null then summary_loyalty end
        ), 6) as loyalty,
        round(coalesce(
            cast(summary_lifetime_value as double),
            expected_spend,
            -- All that is known of purchases without a date is their sum.
            greatest(cast(total_spend as double), 0) * {{ lifetime_horizon_days }}
            / greatest(tenure_days, {{ lifetime_horizon_days }})
        ), 6) as lifetime_value,
        round(campaign_response_rate, 6) as campaign_response_rate,
        shrunk_response_rate,
        {%- for feature in custom_features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        has_purchase_records and not has_purchased as is_never_buyer
    from joined

)

select * from final

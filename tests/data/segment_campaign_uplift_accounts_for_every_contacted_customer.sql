with

contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}
    where campaign_id is not null

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- Of a campaign with a holdout all who were assigned count, contacted or not.
members as (

    select
        contacts.campaign_id,
        contacts.customer_id
    from contacts
    inner join current_observation
        on contacts.contacted_at < current_observation.observation_date
    union
    select
        campaign_id,
        customer_id
    from {{ ref('segment_holdouts') }}

),

contacted as (

    select
        campaign_id,
        count(*) as customers
    from members
    group by campaign_id

),

uplift as (

    select
        *,
        customers_treated + customers_control + customers_excluded as customers
    from {{ ref('segment_campaign_uplift') }}

),

published as (

    select
        campaign_id,
        outcome,
        sum(customers) filter (where is_overall) as customers,
        sum(customers) filter (where not is_overall) as customers_of_segments,
        sum(customers_without_segment) as customers_without_segment
    from uplift
    group by campaign_id, outcome

)

select
    contacted.campaign_id,
    contacted.customers,
    published.outcome,
    published.customers as published_customers
from contacted
left join published
    on contacted.campaign_id = published.campaign_id
where published.customers is null
    or published.customers <> contacted.customers
    or coalesce(published.customers_of_segments, 0)
    + published.customers_without_segment <> published.customers

with

campaign_contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- The records say that a customer responded, but not when. A contact counts once its
-- window has passed, or a response of tomorrow would be known today.
dated as (

    select
        observation_dates.observation_date,
        campaign_contacts.customer_id,
        campaign_contacts.has_converted,
        campaign_contacts.contacted_at,
        not coalesce(campaign_contacts.is_control, false)
        and campaign_contacts.contacted_at < observation_dates.trailing_start_date
            as is_counted
    from campaign_contacts
    inner join observation_dates
        on campaign_contacts.contacted_at < observation_dates.observation_date

),

counted as (

    select
        observation_date,
        customer_id,
        count(*) filter (where is_counted) as contact_count,
        count(*) filter (where is_counted and has_converted) as response_count,
        cast(min(contacted_at) as date) as first_activity_on
    from dated
    group by observation_date, customer_id

),

-- Sums of decimals do not depend on their order.
totals as (

    select
        observation_date,
        cast(sum(contact_count) as double) as contacts,
        cast(sum(response_count) as double) as responses,
        sum(contact_count * contact_count) / cast(sum(contact_count) as double)
            as contacts_of_a_contact,
        cast(count(*) as double) as customers,
        sum(cast(response_count * response_count / contact_count as decimal(28, 9)))
            as squares
    from counted
    where contact_count > 0
    group by observation_date

),

mean_squares as (

    select
        observation_date,
        responses / contacts as overall_rate,
        (squares - responses * responses / contacts) / nullif(customers - 1, 0)
            as between_customers,
        (responses - squares) / nullif(contacts - customers, 0) as within_customers,
        (contacts - contacts_of_a_contact) / nullif(customers - 1, 0)
            as contacts_of_a_customer
    from totals

),

-- The share of the variation that is between customers, by analysis of variance
-- (Ridout, Demetrio and Firth 1999); zero where nobody was contacted twice.
correlations as (

    select
        observation_date,
        overall_rate,
        greatest(0, least(1, coalesce(
            (between_customers - within_customers) / nullif(
                between_customers + (contacts_of_a_customer - 1) * within_customers, 0
            ), 0
        ))) as correlation
    from mean_squares

),

final as (

    select
        ---------- ids
        counted.observation_date,
        counted.customer_id,

        ---------- numerics
        counted.contact_count,
        counted.response_count,
        case when counted.contact_count > 0 then round(
            (
                correlations.overall_rate * (1 - correlations.correlation)
                + counted.response_count * correlations.correlation
            ) / (1 + (counted.contact_count - 1) * correlations.correlation), 6
        ) end as shrunk_response_rate,

        ---------- dates
        counted.first_activity_on
    from counted
    left join correlations
        on counted.observation_date = correlations.observation_date

)

select * from final

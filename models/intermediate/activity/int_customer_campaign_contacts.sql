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

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        count(*) filter (where is_counted) as contact_count,
        count(*) filter (where is_counted and has_converted) as response_count,

        ---------- dates
        cast(min(contacted_at) as date) as first_activity_on
    from dated
    group by observation_date, customer_id

)

select * from final

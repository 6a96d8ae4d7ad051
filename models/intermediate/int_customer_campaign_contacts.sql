with

campaign_contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        campaign_contacts.customer_id,

        ---------- numerics
        count(*) filter (where not coalesce(campaign_contacts.is_control, false)) as contact_count,
        count(*) filter (where campaign_contacts.has_converted
            and not coalesce(campaign_contacts.is_control, false)) as response_count,

        ---------- dates
        cast(min(campaign_contacts.contacted_at) as date) as first_activity_on
    from campaign_contacts
    inner join observation_dates
        on campaign_contacts.contacted_at < observation_dates.observation_date
    group by observation_dates.observation_date, campaign_contacts.customer_id

)

select * from final

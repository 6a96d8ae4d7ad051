{% set systems_with_orders = systems_with('orders') + systems_with('order_items') %}

with

campaign_contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}
    where campaign_id is not null

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- A customer who was assigned to both arms can stand for neither.
final as (

    select
        ---------- ids
        campaign_contacts.campaign_id,
        campaign_contacts.customer_id,

        ---------- strings
        case
            when count(campaign_contacts.is_control) < count(*) then 'unknown'
            when bool_or(campaign_contacts.is_control)
                and not bool_and(campaign_contacts.is_control)
                then 'both'
            when bool_or(campaign_contacts.is_control) then 'control'
            else 'treated'
        end as arm,

        ---------- numerics
        sum(campaign_contacts.cost) as cost,

        ---------- booleans
        bool_or(campaign_contacts.has_converted) as has_converted,
        max(campaign_contacts.source_system)
        in ({{ quoted(systems_with_orders) }}) as has_orders,

        ---------- timestamps
        min(campaign_contacts.contacted_at) as contacted_at
    from campaign_contacts
    inner join current_observation
        on campaign_contacts.contacted_at < current_observation.observation_date
    group by campaign_contacts.campaign_id, campaign_contacts.customer_id

)

select * from final

{#
    The arm of each customer of a campaign, and the segment before the contact. The
    segment after it is a result of the treatment: who was won back has left the segment,
    and those who stay in it are those on whom the campaign had no effect.
#}
{% set window_days = valid_var('outcome_window_days') %}
{% set systems_with_orders = systems_with('orders') + systems_with('order_items') %}

with

campaign_contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}
    where campaign_id is not null

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

observation_periods as (

    select
        observation_date,
        lead(observation_date) over (order by observation_date)
            as next_observation_date
    from {{ ref('int_observation_dates') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- A customer who was assigned to both arms can stand for neither.
contacted as (

    select
        campaign_contacts.campaign_id,
        campaign_contacts.customer_id,
        max(campaign_contacts.source_system)
        in ({{ quoted(systems_with_orders) }}) as has_orders,
        case
            when count(campaign_contacts.is_control) < count(*) then 'unknown'
            when bool_or(campaign_contacts.is_control)
                and not bool_and(campaign_contacts.is_control)
                then 'both'
            when bool_or(campaign_contacts.is_control) then 'control'
            else 'treated'
        end as arm,
        bool_or(campaign_contacts.has_converted) as has_converted,
        sum(campaign_contacts.cost) as cost,
        min(campaign_contacts.contacted_at) as contacted_at,
        cast(
            {{ dbt.dateadd('day', window_days, 'min(campaign_contacts.contacted_at)') }}
            as timestamp
        ) as window_end_at
    from campaign_contacts
    inner join current_observation
        on campaign_contacts.contacted_at < current_observation.observation_date
    group by campaign_contacts.campaign_id, campaign_contacts.customer_id

),

final as (

    select
        ---------- ids
        contacted.campaign_id,
        contacted.customer_id,
        assignments.segment_id,

        ---------- strings
        contacted.arm,

        ---------- numerics
        contacted.cost,

        ---------- booleans
        contacted.has_converted,
        contacted.has_orders,
        -- A recorded conversion is as final on the next day as later.
        not contacted.has_orders
        or contacted.window_end_at <= current_observation.observation_date
            as is_window_over,

        ---------- timestamps
        contacted.contacted_at,
        case when contacted.has_orders then contacted.window_end_at end
            as window_end_at
    from contacted
    cross join current_observation
    left join observation_periods
        on contacted.contacted_at >= observation_periods.observation_date
            and contacted.contacted_at < coalesce(
                observation_periods.next_observation_date, cast('9999-12-31' as date)
            )
    left join assignments
        on observation_periods.observation_date = assignments.observation_date
            and contacted.customer_id = assignments.customer_id

)

select * from final

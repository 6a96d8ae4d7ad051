{#
    Which customer was in which arm of a campaign, and what they did in the window after
    it. Both arms go by one rule, an order: what a campaign tool records as a conversion,
    such as a redeemed coupon, its control group often cannot do. Where a source system
    has no orders, the record is all there is.
#}
{% set window_days = valid_var('outcome_window_days') %}
{% set systems_with_orders = systems_with('orders') + systems_with('order_items') %}

with

campaign_contacts as (

    select * from {{ ref('int_campaign_contacts_unioned') }}
    where campaign_id is not null

),

orders as (

    select * from {{ ref('int_counted_orders') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- A customer who was assigned to both arms represents neither.
contacted as (

    select
        campaign_contacts.campaign_id,
        campaign_contacts.customer_id,
        max(campaign_contacts.source_system) as source_system,
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
        min(campaign_contacts.contacted_at) as contacted_at
    from campaign_contacts
    inner join current_observation
        on campaign_contacts.contacted_at < current_observation.observation_date
    group by campaign_contacts.campaign_id, campaign_contacts.customer_id

),

windows as (

    select
        contacted.*,
        cast(
            {{ dbt.dateadd('day', window_days, 'contacted.contacted_at') }} as timestamp
        ) as window_end_at,
        contacted.source_system in ({{ quoted(systems_with_orders) }}) as has_orders,
        cast(
            {{ dbt.dateadd('day', window_days, 'contacted.contacted_at') }} as timestamp
        ) <= current_observation.observation_date as is_window_over
    from contacted
    cross join current_observation

),

-- Orders are read once more, and only if there is an experiment to look at.
compared as (

    select
        *,
        is_window_over
        and arm in ('treated', 'control')
        and bool_or(is_window_over and arm = 'treated')
            over (partition by campaign_id)
        and bool_or(is_window_over and arm = 'control')
            over (partition by campaign_id) as is_compared
    from windows

),

bought as (

    select
        compared.campaign_id,
        compared.customer_id,
        count_if(orders.order_kind = 'order') as order_count,
        sum(if(orders.order_kind = 'order', orders.amount, -abs(orders.amount)))
            as spend
    from orders
    inner join compared
        on orders.customer_id = compared.customer_id
            and orders.counted_at >= compared.contacted_at
            and orders.counted_at < compared.window_end_at
    where compared.is_compared
    group by compared.campaign_id, compared.customer_id

),

final as (

    select
        ---------- ids
        compared.campaign_id,
        compared.customer_id,

        ---------- strings
        compared.arm,

        ---------- numerics
        compared.cost,
        case
            when not compared.is_compared then null
            when compared.has_orders
                then cast(coalesce(bought.order_count, 0) > 0 as int)
            else cast(compared.has_converted as int)
        end as conversion,
        case
            when compared.is_compared and compared.has_orders
                then cast(coalesce(bought.spend, 0) as decimal(18, 4))
        end as spend,

        ---------- booleans
        compared.is_window_over,

        ---------- timestamps
        compared.contacted_at,
        compared.window_end_at
    from compared
    left join bought
        on compared.campaign_id = bought.campaign_id
            and compared.customer_id = bought.customer_id

)

select * from final

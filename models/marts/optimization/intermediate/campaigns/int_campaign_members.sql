{#
    The arm of each customer of a campaign: by assignment where the campaign has a
    holdout, whoever was contacted in the end, else by its contacts. Those who could be
    reached differ from those who could not.
#}
{% set has_orders = systems_with('orders') + systems_with('order_items') %}

with

contacted as (

    select * from {{ ref('int_campaign_contacted_customers') }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts') }}

),

holdout_campaigns as (

    select distinct campaign_id from holdouts

),

final as (

    select
        ---------- ids
        holdouts.campaign_id,
        holdouts.customer_id,
        holdouts.segment_id as assigned_segment_id,

        ---------- strings
        case
            when holdouts.is_in_both_arms then 'both'
            when holdouts.is_held_out then 'control'
            else 'treated'
        end as arm,

        ---------- numerics
        -- Who was not reached cost nothing, where costs are known.
        case
            when contacted.customer_id is not null then contacted.cost
            when count(contacted.cost) over (partition by holdouts.campaign_id) > 0
                then 0
        end as cost,
        holdouts.holdout_share,

        ---------- booleans
        contacted.has_converted,
        coalesce(contacted.has_orders, {{ 'true' if has_orders else 'false' }})
            as has_orders,

        ---------- timestamps
        cast(holdouts.assigned_on as timestamp) as contacted_at
    from holdouts
    left join contacted
        on holdouts.campaign_id = contacted.campaign_id
            and holdouts.customer_id = contacted.customer_id
    union all
    select
        contacted.campaign_id,
        contacted.customer_id,
        cast(null as bigint) as assigned_segment_id,
        -- Nobody drew the arm of a customer who was not assigned.
        if(holdout_campaigns.campaign_id is null, contacted.arm, 'unknown') as arm,
        contacted.cost,
        cast(null as double) as holdout_share,
        contacted.has_converted,
        contacted.has_orders,
        contacted.contacted_at
    from contacted
    left join holdout_campaigns
        on contacted.campaign_id = holdout_campaigns.campaign_id
    anti join holdouts
        on contacted.campaign_id = holdouts.campaign_id
            and contacted.customer_id = holdouts.customer_id

)

select * from final

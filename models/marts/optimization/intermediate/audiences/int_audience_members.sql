{{ config(materialized='view') }}

with

segments as (

    select * from {{ ref('int_customer_segment_states') }}

),

contactable_customers as (

    select * from {{ ref('int_contactable_customers') }}

),

-- A campaign that is no more in the seed holds out nobody.
held_out_customers as (

    select holdouts.customer_id
    from {{ ref('int_customer_holdouts') }} as holdouts
    semi join {{ ref('holdout_campaigns') }} as campaigns
        on holdouts.campaign_id = campaigns.campaign_id
    where holdouts.is_held_out
    group by holdouts.customer_id

),

final as (

    select
        ---------- ids
        segments.segmentation_name,
        segments.customer_id,
        segments.segment_id,

        ---------- booleans
        coalesce(contactable_customers.is_contactable, false) as is_contactable,
        held_out_customers.customer_id is not null as is_held_out
    from segments
    left join contactable_customers
        on segments.customer_id = contactable_customers.customer_id
    left join held_out_customers
        on segments.customer_id = held_out_customers.customer_id

)

select * from final

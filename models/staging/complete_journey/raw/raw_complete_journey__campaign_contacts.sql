{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

with

campaigns as (

    select * from {{ source('complete_journey', 'campaigns') }}

),

campaign_descriptions as (

    select * from {{ source('complete_journey', 'campaign_descriptions') }}

),

coupon_redemptions as (

    select * from {{ source('complete_journey', 'coupon_redemptions') }}

),

-- A household may redeem several coupons of a campaign.
redeemed_campaigns as (

    select distinct
        campaign_id,
        household_id
    from coupon_redemptions

),

-- The columns of the input contract that the source has.
final as (

    select
        campaigns.campaign_id || ':' || campaigns.household_id as contact_id,
        cast(campaigns.household_id as string) as customer_id,
        cast(campaigns.campaign_id as string) as campaign_id,
        cast(campaign_descriptions.start_date as timestamp) as contacted_at,
        redeemed_campaigns.household_id is not null as has_converted
    from campaigns
    left join campaign_descriptions
        on campaigns.campaign_id = campaign_descriptions.campaign_id
    left join redeemed_campaigns
        on campaigns.campaign_id = redeemed_campaigns.campaign_id
            and campaigns.household_id = redeemed_campaigns.household_id

)

select * from final

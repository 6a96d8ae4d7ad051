{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

with

transactions as (

    select * from {{ source('complete_journey', 'transactions') }}

),

-- Grouping by household too lets the uniqueness of baskets prove that none is shared.
baskets as (

    select
        basket_id,
        household_id,
        min(transaction_timestamp) as first_transaction_at,
        sum(cast(sales_value as decimal(18, 4))) as sales_value,
        sum(cast(retail_disc + coupon_match_disc as decimal(18, 4))) as discount
    from transactions
    group by basket_id, household_id

),

-- The columns of the input contract that the source has.
final as (

    select
        cast(basket_id as string) as order_id,
        cast(household_id as string) as customer_id,
        {{ shop_time('first_transaction_at') }} as ordered_at,
        cast(sales_value as decimal(18, 4)) as amount,
        cast(discount as decimal(18, 4)) as discount_amount,
        'completed' as status
    from baskets

)

select * from final

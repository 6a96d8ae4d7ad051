{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

with

transactions as (

    select * from {{ source('complete_journey', 'transactions') }}

),

-- Some of the source's zeros are 1e-15, which a decimal is not.
typed as (

    select
        basket_id,
        product_id,
        household_id,
        transaction_timestamp,
        cast(quantity as double) as quantity,
        cast(sales_value as decimal(18, 4)) as sales_value
    from transactions

),

-- Nothing costs less than a cent: such a line is fuel in thousandths of a gallon.
measured as (

    select
        basket_id,
        product_id,
        household_id,
        transaction_timestamp,
        sales_value,
        case
            when quantity = 0 and sales_value > 0 then 1
            when sales_value > 0 and cast(sales_value as double) < quantity / 100
                then quantity / 1000
            else quantity
        end as quantity
    from typed

),

-- The columns of the input contract that the source has.
final as (

    select
        cast(basket_id as string) as order_id,
        cast(product_id as string) as product_id,
        quantity,
        cast(
            cast(sales_value as double) / nullif(quantity, 0) as decimal(18, 4)
        ) as unit_price,
        cast(household_id as string) as customer_id,
        {{ shop_time('transaction_timestamp') }} as ordered_at
    from measured

)

select * from final

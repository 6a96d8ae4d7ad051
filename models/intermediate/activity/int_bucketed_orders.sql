{{ config(materialized='bucketed') }}

with

orders as (

    select * from {{ ref('int_counted_orders') }}

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- strings
        order_kind,

        ---------- numerics
        amount,
        {{ customer_bucket('customer_id') }} as customer_bucket,

        ---------- timestamps
        counted_at
    from orders

)

select * from final

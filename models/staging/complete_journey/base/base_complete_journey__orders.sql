{{ config(
    materialized='parsed', enabled=('complete_journey' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('complete_journey', 'orders') %}

with

raw_records as (

    {{ raw_records('complete_journey', 'orders', absent) }}

),

formats as (

    {{ column_formats('complete_journey', 'orders') }}

),

cleaned as (

    select
        {{ raw_values('orders') }},
        {{ clean('order_id', 'id', absent) }} as order_id,
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('ordered_at', 'timestamp', absent) }} as ordered_at,
        {{ clean('amount', 'money', absent) }} as amount,
        {{ clean('status', 'order_status', absent) }} as status,
        {{ clean('channel', 'text', absent) }} as channel,
        {{ clean('refunded_amount', 'money', absent) }} as refunded_amount,
        {{ clean('discount_amount', 'money', absent) }} as discount_amount,
        {{ clean('shipping_amount', 'money', absent) }} as shipping_amount,
        {{ clean('tax_amount', 'money', absent) }} as tax_amount,
        {{ clean('currency', 'currency', absent) }} as currency,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('orders', absent) }}

select * from final

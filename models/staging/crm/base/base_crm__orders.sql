{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'orders') }}

),

formats as (

    {{ column_formats('crm', 'orders') }}

),

cleaned as (

    select
        {{ raw_values('orders') }},
        {{ clean('order_id', 'id') }} as order_id,
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('ordered_at', 'timestamp') }} as ordered_at,
        {{ clean('amount', 'money') }} as amount,
        {{ clean('status', 'order_status') }} as status,
        {{ clean('channel', 'text') }} as channel,
        {{ clean('refunded_amount', 'money') }} as refunded_amount,
        {{ clean('discount_amount', 'money') }} as discount_amount,
        {{ clean('shipping_amount', 'money') }} as shipping_amount,
        {{ clean('tax_amount', 'money') }} as tax_amount,
        {{ clean('currency', 'currency') }} as currency,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('orders') }}

select * from final

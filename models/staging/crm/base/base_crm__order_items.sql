{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'order_items') }}

),

formats as (

    {{ column_formats('crm', 'order_items') }}

),

cleaned as (

    select
        {{ raw_values('order_items') }},
        {{ clean('order_id', 'id') }} as order_id,
        {{ clean('line_number', 'integer') }} as line_number,
        {{ clean('product_id', 'id') }} as product_id,
        {{ clean('quantity', 'number') }} as quantity,
        {{ clean('unit_price', 'money') }} as unit_price,
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('ordered_at', 'timestamp') }} as ordered_at,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('order_items') }}

select * from final

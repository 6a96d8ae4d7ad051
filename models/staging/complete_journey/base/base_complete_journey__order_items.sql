{{ config(
    materialized='parsed', enabled=('complete_journey' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('complete_journey', 'order_items') %}

with

raw_records as (

    {{ raw_records('complete_journey', 'order_items', absent) }}

),

formats as (

    {{ column_formats('complete_journey', 'order_items') }}

),

cleaned as (

    select
        {{ raw_values('order_items') }},
        {{ clean('order_id', 'id', absent) }} as order_id,
        {{ clean('line_number', 'integer', absent) }} as line_number,
        {{ clean('product_id', 'id', absent) }} as product_id,
        {{ clean('quantity', 'number', absent) }} as quantity,
        {{ clean('unit_price', 'money', absent) }} as unit_price,
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('ordered_at', 'timestamp', absent) }} as ordered_at,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('order_items', absent) }}

select * from final

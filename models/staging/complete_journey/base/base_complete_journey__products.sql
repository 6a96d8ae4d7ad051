{{ config(
    materialized='parsed', enabled=('complete_journey' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('complete_journey', 'products') %}

with

raw_records as (

    {{ raw_records('complete_journey', 'products', absent) }}

),

formats as (

    {{ column_formats('complete_journey', 'products') }}

),

cleaned as (

    select
        {{ raw_values('products') }},
        {{ clean('product_id', 'id', absent) }} as product_id,
        {{ clean('product_name', 'text', absent) }} as product_name,
        {{ clean('category', 'text', absent) }} as category,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('products', absent) }}

select * from final

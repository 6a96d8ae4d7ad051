{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'products') %}

with

raw_records as (

    {{ raw_records('crm', 'products', absent) }}

),

formats as (

    {{ column_formats('crm', 'products') }}

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

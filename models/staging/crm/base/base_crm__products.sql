{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'products') }}

),

cleaned as (

    select
        {{ raw_values('products') }},
        {{ clean('product_id', 'id') }} as product_id,
        {{ clean('product_name', 'text') }} as product_name,
        {{ clean('category', 'text') }} as category
    from raw_records

),

{{ judged_records('products') }}

select * from final

{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'products') }}

),

formats as (

    {{ column_formats('crm', 'products') }}

),

cleaned as (

    select
        {{ raw_values('products') }},
        {{ clean('product_id', 'id') }} as product_id,
        {{ clean('product_name', 'text') }} as product_name,
        {{ clean('category', 'text') }} as category,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('products') }}

select * from final

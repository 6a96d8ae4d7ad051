{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

with

products as (

    select * from {{ source('complete_journey', 'products') }}

),

-- The columns of the input contract that the source has.
final as (

    select
        cast(product_id as string) as product_id,
        case
            when product_type is not null
                then concat_ws(', ', product_type, package_size)
        end as product_name,
        case
            when product_type like 'GASOLINE%' then 'FUEL'
            else coalesce(product_category, department)
        end as category
    from products

)

select * from final

{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'reviews') }}

),

formats as (

    {{ column_formats('crm', 'reviews') }}

),

cleaned as (

    select
        {{ raw_values('reviews') }},
        {{ clean('review_id', 'id') }} as review_id,
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('order_id', 'id') }} as order_id,
        {{ clean('rating', 'rating') }} as rating,
        {{ clean('reviewed_at', 'timestamp') }} as reviewed_at,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('reviews') }}

select * from final

{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'reviews') %}

with

raw_records as (

    {{ raw_records('crm', 'reviews', absent) }}

),

formats as (

    {{ column_formats('crm', 'reviews') }}

),

cleaned as (

    select
        {{ raw_values('reviews') }},
        {{ clean('review_id', 'id', absent) }} as review_id,
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('order_id', 'id', absent) }} as order_id,
        {{ clean('rating', 'rating', absent) }} as rating,
        {{ clean('reviewed_at', 'timestamp', absent) }} as reviewed_at,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('reviews', absent) }}

select * from final

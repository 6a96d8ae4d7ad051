{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'erasure_requests') %}

with

raw_records as (

    {{ raw_records('crm', 'erasure_requests', absent) }}

),

formats as (

    {{ column_formats('crm', 'erasure_requests') }}

),

cleaned as (

    select
        {{ raw_values('erasure_requests') }},
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('email', 'email', absent) }} as email,
        {{ clean('first_name', 'text', absent) }} as first_name,
        {{ clean('last_name', 'text', absent) }} as last_name,
        {{ clean('requested_at', 'timestamp', absent) }} as requested_at
    from raw_records
    cross join formats

),

{{ judged_records('erasure_requests', absent) }}

select * from final

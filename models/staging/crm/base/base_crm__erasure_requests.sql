{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'erasure_requests') }}

),

formats as (

    {{ column_formats('crm', 'erasure_requests') }}

),

cleaned as (

    select
        {{ raw_values('erasure_requests') }},
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('email', 'email') }} as email,
        {{ clean('requested_at', 'timestamp') }} as requested_at
    from raw_records
    cross join formats

),

{{ judged_records('erasure_requests') }}

select * from final

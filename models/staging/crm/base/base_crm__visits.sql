{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'visits') %}

with

raw_records as (

    {{ raw_records('crm', 'visits', absent) }}

),

formats as (

    {{ column_formats('crm', 'visits') }}

),

cleaned as (

    select
        {{ raw_values('visits') }},
        {{ clean('visit_id', 'id', absent) }} as visit_id,
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('visited_at', 'timestamp', absent) }} as visited_at,
        {{ clean('channel', 'text', absent) }} as channel,
        {{ clean('has_converted', 'conversion', absent) }} as has_converted,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('visits', absent) }}

select * from final

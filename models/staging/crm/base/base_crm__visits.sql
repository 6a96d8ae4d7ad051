{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'visits') }}

),

formats as (

    {{ column_formats('crm', 'visits') }}

),

cleaned as (

    select
        {{ raw_values('visits') }},
        {{ clean('visit_id', 'id') }} as visit_id,
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('visited_at', 'timestamp') }} as visited_at,
        {{ clean('channel', 'text') }} as channel,
        {{ clean('has_converted', 'conversion') }} as has_converted,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('visits') }}

select * from final

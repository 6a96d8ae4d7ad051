{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'campaign_contacts') }}

),

formats as (

    {{ column_formats('crm', 'campaign_contacts') }}

),

cleaned as (

    select
        {{ raw_values('campaign_contacts') }},
        {{ clean('contact_id', 'id') }} as contact_id,
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('campaign_id', 'id') }} as campaign_id,
        {{ clean('contacted_at', 'timestamp') }} as contacted_at,
        {{ clean('is_control', 'control') }} as is_control,
        {{ clean('has_converted', 'conversion') }} as has_converted,
        {{ clean('cost', 'money') }} as cost,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('campaign_contacts') }}

select * from final

{{ config(
    materialized='parsed', enabled=('complete_journey' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('complete_journey', 'campaign_contacts') %}

with

raw_records as (

    {{ raw_records('complete_journey', 'campaign_contacts', absent) }}

),

formats as (

    {{ column_formats('complete_journey', 'campaign_contacts') }}

),

cleaned as (

    select
        {{ raw_values('campaign_contacts') }},
        {{ clean('contact_id', 'id', absent) }} as contact_id,
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('campaign_id', 'id', absent) }} as campaign_id,
        {{ clean('contacted_at', 'timestamp', absent) }} as contacted_at,
        {{ clean('is_control', 'control', absent) }} as is_control,
        {{ clean('has_converted', 'conversion', absent) }} as has_converted,
        {{ clean('cost', 'money', absent) }} as cost,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('campaign_contacts', absent) }}

select * from final

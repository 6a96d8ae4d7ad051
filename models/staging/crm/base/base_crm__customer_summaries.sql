{{ config(enabled=('crm' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('crm', 'customer_summaries') }}

),

formats as (

    {{ column_formats('crm', 'customer_summaries') }}

),

cleaned as (

    select
        {{ raw_values('customer_summaries') }},
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('observed_on', 'date') }} as observed_on,
        {{ clean('total_purchase', 'money') }} as total_purchase,
        {{ clean('total_order', 'number') }} as total_order,
        {{ clean('total_visit', 'number') }} as total_visit,
        {{ clean('satisfaction', 'rating') }} as satisfaction,
        {{ clean('loyalty', 'rate') }} as loyalty,
        {{ clean('conversion_rate', 'rate') }} as conversion_rate,
        {{ clean('lifetime_value', 'money') }} as lifetime_value,
        {{ clean('recency_days', 'number') }} as recency_days,
        {{ clean('updated_at', 'timestamp') }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('customer_summaries') }}

select * from final

{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'customer_summaries') %}

with

raw_records as (

    {{ raw_records('crm', 'customer_summaries', absent) }}

),

formats as (

    {{ column_formats('crm', 'customer_summaries') }}

),

cleaned as (

    select
        {{ raw_values('customer_summaries') }},
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('observed_on', 'date', absent) }} as observed_on,
        {{ clean('total_purchase', 'money', absent) }} as total_purchase,
        {{ clean('total_order', 'number', absent) }} as total_order,
        {{ clean('total_visit', 'number', absent) }} as total_visit,
        {{ clean('satisfaction', 'rating', absent) }} as satisfaction,
        {{ clean('loyalty', 'rate', absent) }} as loyalty,
        {{ clean('conversion_rate', 'rate', absent) }} as conversion_rate,
        {{ clean('lifetime_value', 'money', absent) }} as lifetime_value,
        {{ clean('recency_days', 'number', absent) }} as recency_days,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at
    from raw_records
    cross join formats

),

{{ judged_records('customer_summaries', absent) }}

select * from final

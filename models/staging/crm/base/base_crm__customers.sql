{{ config(
    materialized='parsed', enabled=('crm' in valid_var('source_systems'))
) }}

{% set absent = absent_columns('crm', 'customers') %}

with

raw_records as (

    {{ raw_records('crm', 'customers', absent) }}

),

formats as (

    {{ column_formats('crm', 'customers') }}

),

cleaned as (

    select
        {{ raw_values('customers') }},
        {{ clean('customer_id', 'id', absent) }} as customer_id,
        {{ clean('first_name', 'text', absent) }} as first_name,
        {{ clean('last_name', 'text', absent) }} as last_name,
        {{ clean('email', 'email', absent) }} as email,
        {{ clean('phone', 'phone', absent) }} as phone,
        {{ clean('birth_date', 'date', absent) }} as birth_date,
        {{ clean('age', 'integer', absent) }} as age,
        {{ clean('gender', 'gender', absent) }} as gender,
        {{ clean('income', 'money', absent) }} as income,
        {{ clean('city', 'text', absent) }} as city,
        {{ clean('country', 'text', absent) }} as country,
        {{ clean('registered_at', 'timestamp', absent) }} as registered_at,
        {{ clean('updated_at', 'timestamp', absent) }} as updated_at,
        {{ clean('has_marketing_consent', 'consent', absent) }} as has_marketing_consent
    from raw_records
    cross join formats

),

{{ judged_records('customers', absent) }}

select * from final

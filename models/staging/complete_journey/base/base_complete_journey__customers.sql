{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

with

raw_records as (

    {{ raw_records('complete_journey', 'customers') }}

),

formats as (

    {{ column_formats('complete_journey', 'customers') }}

),

cleaned as (

    select
        {{ raw_values('customers') }},
        {{ clean('customer_id', 'id') }} as customer_id,
        {{ clean('first_name', 'text') }} as first_name,
        {{ clean('last_name', 'text') }} as last_name,
        {{ clean('email', 'email') }} as email,
        {{ clean('phone', 'phone') }} as phone,
        {{ clean('birth_date', 'date') }} as birth_date,
        {{ clean('age', 'integer') }} as age,
        {{ clean('gender', 'gender') }} as gender,
        {{ clean('income', 'money') }} as income,
        {{ clean('city', 'text') }} as city,
        {{ clean('country', 'text') }} as country,
        {{ clean('registered_at', 'timestamp') }} as registered_at,
        {{ clean('updated_at', 'timestamp') }} as updated_at,
        {{ clean('has_marketing_consent', 'consent') }} as has_marketing_consent
    from raw_records
    cross join formats

),

{{ judged_records('customers') }}

select * from final

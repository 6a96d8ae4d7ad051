with

recorded_customers as (

    select * from {{ ref('int_customers_unioned') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

staging_issues as (

    select
        entity,
        {%- if valid_var('hash_customer_ids') %}
        case entity
            when 'customers' then {{ published_id('record_key') }}
            -- The key of a summary is the id and, after a colon, the date.
            when 'customer_summaries'
                then {{ published_id('customer_id') }}
                    || substr(record_key, length(customer_id) + 1)
            else record_key
        end as record_key,
        {%- else %}
        record_key,
        {%- endif %}
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from {{ ref('int_staging_issues') }}

),

changed_customers as (

    select
        recorded_customers.source_system,
        recorded_customers.source_customer_id,
        changed_ids.reason
    from recorded_customers
    inner join changed_ids
        on recorded_customers.customer_id = changed_ids.customer_id

),

erased_customers as (

    select * from changed_customers
    where reason = 'erased'

),

-- Nothing may tell that an erased person was ever a customer, so no issue of theirs is
-- shown; that a record was left out is counted without its key.
shown_staging_issues as (

    select staging_issues.*
    from staging_issues
    anti join erased_customers
        on staging_issues.source_system = erased_customers.source_system
            and staging_issues.record_key = erased_customers.source_customer_id
            and staging_issues.entity in ('customers', 'customer_summaries')

),

unioned as (

    select * from shown_staging_issues
    union all
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from {{ ref('int_cross_record_issues') }}
    union all
    select
        'customers' as entity,
        case when reason = 'duplicate_person' then source_customer_id end as record_key,
        cast(null as string) as column_name,
        cast(null as string) as raw_value,
        reason as issue,
        case when reason = 'duplicate_person' then 'merged' else 'rejected' end
            as action,
        source_system
    from changed_customers

),

-- An id that is an address is still an address.
final as (

    select
        ---------- strings
        entity,
        {{ without_contact('record_key', is_id='true') }} as record_key,
        column_name,
        {{ without_contact('raw_value', is_id='true') }} as raw_value,
        issue,
        action,
        source_system
    from unioned

)

select * from final

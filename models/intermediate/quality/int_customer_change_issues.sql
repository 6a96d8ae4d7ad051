with

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

recorded_customers as (

    select * from {{ ref('int_customers_unioned') }}

),

-- Of a customer who came back the record of before is gone, too.
changes as (

    select
        changed_ids.request_number,
        recorded_customers.source_customer_id,
        case
            when {{ is_record_of_customer('recorded_customers.registered_at') }}
                then changed_ids.reason
            else 'erased'
        end as issue,
        recorded_customers.source_system
    from recorded_customers
    inner join changed_ids
        on recorded_customers.customer_id = changed_ids.customer_id

),

final as (

    select
        ---------- strings
        'customers' as entity,
        case issue
            when 'erased' then {{ request_key('request_number') }}
            else source_customer_id
        end as record_key,
        cast(null as string) as column_name,
        cast(null as string) as raw_value,
        issue,
        case issue when 'erased' then 'rejected' else 'merged' end as action,
        source_system
    from changes
    where issue <> 'returned_after_erasure'
    union all
    select
        'customers' as entity,
        {{ request_key('request_number') }} as record_key,
        cast(null as string) as column_name,
        cast(null as string) as raw_value,
        'returned_after_erasure' as issue,
        'kept' as action,
        {{ system_of_id('customer_id') }} as source_system
    from changed_ids
    where covered_until is not null

)

select * from final

with

recorded_customers as (

    select * from {{ ref('int_customers_unioned') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

unregistered_customers as (

    select * from {{ ref('int_customers') }}
    where not is_registered

),

final as (

    select
        ---------- ids
        recorded_customers.source_customer_id,
        coalesce(changed_ids.surviving_customer_id, recorded_customers.customer_id)
            as customer_id,

        ---------- strings
        recorded_customers.source_system,

        ---------- booleans
        coalesce(changed_ids.reason = 'duplicate_person', false) as is_merged
    from recorded_customers
    left join changed_ids
        on recorded_customers.customer_id = changed_ids.customer_id
    where {{ is_record_of_customer('recorded_customers.registered_at') }}
    union all
    select
        {{ id_in_source('customer_id') }} as source_customer_id,
        customer_id,
        {{ system_of_id('customer_id') }} as source_system,
        false as is_merged
    from unregistered_customers

)

select * from final

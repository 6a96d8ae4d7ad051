{# What customer ids should not be: one for many customers, or an address. #}
with

customer_orders as (

    select * from {{ ref('int_customer_order_counts') }}

),

order_totals as (

    select
        source_system,
        cast(sum(record_count) as bigint) as records,
        max(record_count) as largest_count
    from customer_orders
    group by source_system

),

largest_accounts as (

    select
        order_totals.source_system,
        order_totals.records,
        order_totals.largest_count,
        min(customer_orders.customer_id) as customer_id
    from order_totals
    inner join customer_orders
        on order_totals.source_system = customer_orders.source_system
            and order_totals.largest_count = customer_orders.record_count
    group by
        order_totals.source_system, order_totals.records, order_totals.largest_count

),

guest_account as (

    select
        'guest_account' as check_name,
        source_system,
        'orders' as entity,
        'customer_id' as column_name,
        'one id, '
        || {{ quoted_value('customer_id', is_id='true') }}
        || ', has ' || largest_count || ' of ' || records
        || ' orders; expected an id for each customer. If it '
        || 'stands for all guests, leave it empty: their orders are then left out and '
        || 'listed.'
            as sentence,
        largest_count as found,
        records,
        cast(largest_count as double) / records as share
    from largest_accounts

),

customer_ids as (

    select
        source_system,
        'customers' as entity,
        customer_id
    from {{ ref('int_customers_deduplicated') }}
    union all
    select
        source_system,
        'orders' as entity,
        customer_id
    from customer_orders

),

email_ids as (

    select
        'email_ids' as check_name,
        source_system,
        entity,
        'customer_id' as column_name,
        count_if(customer_id like '%_@_%._%') || ' of ' || count(*)
        || ' customer ids are email addresses, and ids are published; expected ids '
        || 'that say nothing of a person, or var hash_customer_ids.' as sentence,
        count_if(customer_id like '%_@_%._%') as found,
        count(*) as records,
        count_if(customer_id like '%_@_%._%') / cast(count(*) as double) as share
    from customer_ids
    group by source_system, entity

),

unioned as (

    select * from guest_account
    union all
    select * from email_ids

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,
        sentence,

        ---------- numerics
        found,
        records,
        share
    from unioned

)

select * from final

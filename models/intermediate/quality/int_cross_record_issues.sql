{#
    Faults that show only between records: all of them are kept and flagged. Each check
    starts from a table of the few customers concerned, so that it costs little where
    there is no fault. Large relations are named where they are read, not once above:
    an engine keeps what is read twice, and orders are far too many to keep.
#}
{% set keys = {
    'orders': 'order_id',
    'visits': 'visit_id',
    'reviews': 'review_id',
    'campaign_contacts': 'contact_id'
} %}
{% set systems_with_customers = quoted(systems_with('customers')) %}
{% set systems_with_headers_and_items = quoted(
    systems_with('orders') | select('in', systems_with('order_items')) | list
) %}

with

unregistered_customers as (

    select * from {{ ref('int_unregistered_customers') }}

),

early_buyers as (

    select * from {{ ref('int_orders_before_registration') }}

),

item_totals as (

    select * from {{ ref('int_order_item_totals') }}

),

{% for entity, key in keys.items() %}
unknown_customers_of_{{ entity }} as (

    select
        '{{ entity }}' as entity,
        records.{{ key }} as record_key,
        'customer_id' as column_name,
        records.customer_id as raw_value,
        'unknown_customer' as issue,
        records.source_system
    from {{ ref('int_' ~ entity ~ '_unioned') }} as records
    semi join unregistered_customers
        on records.customer_id = unregistered_customers.customer_id
    where records.source_system in ({{ systems_with_customers }})

),

{% endfor %}
orders_before_registration as (

    select
        'orders' as entity,
        orders.order_id as record_key,
        'ordered_at' as column_name,
        cast(orders.ordered_at as string) as raw_value,
        'activity_before_registration' as issue,
        orders.source_system
    from {{ ref('int_orders_unioned') }} as orders
    inner join early_buyers
        on orders.customer_id = early_buyers.customer_id
    where cast(orders.ordered_at as date) < early_buyers.registered_on

),

order_amount_issues as (

    select
        'orders' as entity,
        order_id as record_key,
        column_name,
        raw_value,
        issue,
        source_system
    from {{ ref('int_order_amount_issues') }}

),

-- Before erasure requests take effect: the lines of an erased customer are no fault.
recorded_orders as (

    {{ unioned_records('orders') }}

),

unknown_orders as (

    select item_totals.order_id
    from item_totals
    anti join recorded_orders
        on item_totals.order_id = recorded_orders.order_id
    where item_totals.source_system in ({{ systems_with_headers_and_items }})

),

items_of_unknown_orders as (

    select
        'order_items' as entity,
        {{ record_key_expression('order_items', 'order_items') }} as record_key,
        'order_id' as column_name,
        order_items.order_id as raw_value,
        'unknown_order' as issue,
        order_items.source_system
    from {{ ref('int_order_items_unioned') }} as order_items
    semi join unknown_orders
        on order_items.order_id = unknown_orders.order_id

),

-- By number, so that no issue tells who was never a customer.
unknown_persons as (

    select
        'erasure_requests' as entity,
        {{ request_key('request_number') }} as record_key,
        cast(null as string) as column_name,
        cast(null as string) as raw_value,
        'unknown_person' as issue,
        source_system
    from {{ ref('int_unknown_persons') }}

),

unioned as (

    {% for entity in keys %}
    select * from unknown_customers_of_{{ entity }}
    union all
    {% endfor %}
    select * from orders_before_registration
    union all
    select * from order_amount_issues
    union all
    select * from items_of_unknown_orders
    union all
    select * from unknown_persons

),

final as (

    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        'kept' as action,
        source_system
    from unioned

)

select * from final

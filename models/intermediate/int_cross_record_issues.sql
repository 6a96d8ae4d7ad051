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

    select * from {{ ref('int_early_buyers') }}

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

-- Lines are rounded to the cent one by one, so that much may add up.
amounts_that_differ as (

    select
        'orders' as entity,
        orders.order_id as record_key,
        'amount' as column_name,
        cast(orders.amount as string) as raw_value,
        'amount_differs_from_items' as issue,
        orders.source_system
    from {{ ref('int_orders_unioned') }} as orders
    inner join item_totals
        on orders.order_id = item_totals.order_id
    where abs(orders.amount - item_totals.amount)
        > 0.01 + 0.005 * item_totals.item_count
        and orders.source_system in ({{ systems_with_headers_and_items }})

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
        order_items.order_id || ':' || cast(order_items.line_number as string)
            as record_key,
        'order_id' as column_name,
        order_items.order_id as raw_value,
        'unknown_order' as issue,
        order_items.source_system
    from {{ ref('int_order_items_unioned') }} as order_items
    semi join unknown_orders
        on order_items.order_id = unknown_orders.order_id

),

unioned as (

    {% for entity in keys %}
    select * from unknown_customers_of_{{ entity }}
    union all
    {% endfor %}
    select * from orders_before_registration
    union all
    select * from amounts_that_differ
    union all
    select * from items_of_unknown_orders

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

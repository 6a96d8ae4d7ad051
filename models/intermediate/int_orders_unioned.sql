{{ config(materialized='view') }}

{#
    Orders as recorded, and for a source system without an orders table as its order
    items imply them.
#}
{% set systems_with_items = systems_with('order_items') %}
{% set systems_without_headers = [] %}
{% for system in systems_with_items if system not in systems_with('orders') %}
    {% do systems_without_headers.append(system) %}
{% endfor %}

with

recorded_orders as (

    {{ unioned_records('orders') }}

),

item_totals as (

    select * from {{ ref('int_order_item_totals') }}

),

changed_ids as (

    select * from {{ ref('int_changed_customer_ids') }}

),

orders as (

    select
        recorded_orders.order_id,
        recorded_orders.customer_id,
        recorded_orders.source_system,
        recorded_orders.status,
        recorded_orders.channel,
        {%- if systems_with_items %}
        coalesce(recorded_orders.amount, item_totals.amount) as amount,
        {%- else %}
        recorded_orders.amount,
        {%- endif %}
        recorded_orders.ordered_at
    from recorded_orders
    {%- if systems_with_items %}
    left join item_totals
        on recorded_orders.order_id = item_totals.order_id
            and recorded_orders.amount is null
    {%- endif %}
    {%- if systems_without_headers %}
    union all
    select
        order_id,
        customer_id,
        source_system,
        cast(null as string) as status,
        cast(null as string) as channel,
        amount,
        ordered_at
    from item_totals
    where source_system in ('{{ systems_without_headers | join("', '") }}')
    {%- endif %}

),

final as (

    select
        ---------- ids
        orders.order_id,
        coalesce(changed_ids.surviving_customer_id, orders.customer_id) as customer_id,

        ---------- strings
        orders.source_system,
        coalesce(orders.status, 'completed') as status,
        orders.channel,
        -- A negative amount is a return whatever its status says.
        case
            when orders.status = 'cancelled' then 'cancelled'
            when orders.status = 'returned' or orders.amount < 0 then 'return'
            else 'order'
        end as order_kind,

        ---------- numerics
        orders.amount,

        ---------- timestamps
        orders.ordered_at
    from orders
    left join changed_ids
        on orders.customer_id = changed_ids.customer_id
    where changed_ids.customer_id is null
        or changed_ids.surviving_customer_id is not null

)

select * from final

{{ config(materialized='view') }}

{#
    Orders as recorded, and for a source system without an orders table as its order
    items imply them. What they count as and what they are worth is decided here.
#}
{% set systems_with_items = systems_with('order_items') %}
{% set systems_without_headers = [] %}
{% for system in systems_with_items if system not in systems_with('orders') %}
    {% do systems_without_headers.append(system) %}
{% endfor %}
{% set is_converted = has_exchange_rates() %}
{% set money_columns = [
    'amount', 'refunded_amount', 'discount_amount', 'shipping_amount', 'tax_amount'
] %}

with

recorded_orders as (

    {{ unioned_records('orders') }}

),

item_totals as (

    select * from {{ ref('int_order_item_totals') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

{% if is_converted %}
exchange_rates as (

    {{ exchange_rate_periods() }}

),

{% endif %}
orders as (

    select
        recorded_orders.order_id,
        recorded_orders.customer_id,
        recorded_orders.source_system,
        coalesce(recorded_orders.status, 'completed') as status,
        recorded_orders.channel,
        recorded_orders.currency,
        {%- for column in money_columns %}
        {%- if column == 'amount' and systems_with_items %}
        coalesce(recorded_orders.amount, item_totals.amount) as amount,
        {%- else %}
        recorded_orders.{{ column }},
        {%- endif %}
        {%- endfor %}
        recorded_orders.ordered_at,
        recorded_orders.updated_at
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
        'completed' as status,
        cast(null as string) as channel,
        cast(null as string) as currency,
        {%- for column in money_columns %}
        {{ column if column == 'amount' else 'cast(null as decimal(18, 4))' }}
            as {{ column }},
        {%- endfor %}
        ordered_at,
        cast(null as timestamp) as updated_at
    from item_totals
    where source_system in ({{ quoted(systems_without_headers) }})
    {%- endif %}

),

-- Without any rate all money is in one currency, and so is what names none.
converted as (

    select
        orders.order_id,
        orders.customer_id,
        orders.source_system,
        orders.status,
        orders.channel,
        orders.currency,
        {{ 'exchange_rates.rate' if is_converted else 'cast(null as decimal(18, 8))' }}
            as exchange_rate,
        {%- for column in money_columns %}
        {%- if is_converted %}
        case
            when orders.currency is null then orders.{{ column }}
            -- A product of two decimals of 18 digits has no more, most of them fractions.
            else {{ as_amount(
                'cast(orders.' ~ column ~ ' as decimal(38, 4)) * exchange_rates.rate',
                'an amount at its exchange rate'
            ) }}
        end as {{ column }},
        {%- else %}
        orders.{{ column }},
        {%- endif %}
        {%- endfor %}
        orders.ordered_at,
        orders.updated_at
    from orders
    {%- if is_converted %}
    left join exchange_rates
        on orders.currency = exchange_rates.currency
            and orders.ordered_at >= exchange_rates.valid_from
            and orders.ordered_at < exchange_rates.valid_until
    {%- endif %}

),

-- A negative amount is a return whatever its status. Of an order that is returned and
-- says how much was refunded both are known: what was bought and what was given back.
judged as (

    select
        *,
        case
            when status = 'completed'
                then case when amount < 0 then 'return' else 'order' end
            when status = 'returned'
                then case
                    when amount < 0 or coalesce(refunded_amount, 0) = 0 then 'return'
                    else 'order'
                end
            when status = 'cancelled' then 'cancelled'
            when status = 'open' then 'open'
            else 'unknown'
        end as order_kind
    from converted

),

final as (

    select
        ---------- ids
        judged.order_id,
        coalesce(changed_ids.surviving_customer_id, judged.customer_id) as customer_id,

        ---------- strings
        judged.source_system,
        judged.status,
        judged.channel,
        judged.order_kind,
        judged.currency,

        ---------- numerics
        judged.exchange_rate,
        judged.amount,
        abs(judged.refunded_amount) as refunded_amount,
        abs(judged.discount_amount) as discount_amount,
        judged.shipping_amount,
        judged.tax_amount,

        ---------- timestamps
        judged.ordered_at,
        greatest(judged.updated_at, judged.ordered_at) as refunded_at
    from judged
    left join changed_ids
        on judged.customer_id = changed_ids.customer_id
    where {{ is_record_of_customer('judged.ordered_at') }}

)

select * from final

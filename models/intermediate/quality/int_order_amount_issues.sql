{#
    Faults of what an order is worth; all of them are kept. Whether the price of a line
    holds its tax and its discount, and whether shipping is a line, is not said anywhere:
    an amount is explained by its items with or without each of the three.
#}
{% set explanations = [
    '0', 'shipping', 'tax', 'shipping + tax',
    '-discount', 'shipping - discount', 'tax - discount', 'shipping + tax - discount'
] %}
{% set systems_with_headers_and_items = quoted(
    systems_with('orders') | select('in', systems_with('order_items')) | list
) %}

with

-- Lines are in the currency of their order.
compared as (

    select
        orders.order_id,
        orders.source_system,
        orders.amount,
        -- A product of two decimals of 18 digits has no more, most of them fractions.
        orders.amount
        - cast(item_totals.amount as decimal(38, 4)) * coalesce(orders.exchange_rate, 1)
            as difference,
        coalesce(orders.shipping_amount, 0) as shipping,
        coalesce(orders.tax_amount, 0) as tax,
        coalesce(orders.discount_amount, 0) as discount,
        -- Lines are rounded to the cent one by one, so that much may add up.
        (0.01 + 0.005 * item_totals.item_count) * coalesce(orders.exchange_rate, 1)
            as tolerance
    from {{ ref('int_orders_unioned') }} as orders
    inner join {{ ref('int_order_item_totals') }} as item_totals
        on orders.order_id = item_totals.order_id
    where orders.source_system in ({{ systems_with_headers_and_items }})

),

unioned as (

    select
        order_id,
        source_system,
        'amount' as column_name,
        cast(amount as string) as raw_value,
        'amount_differs_from_items' as issue
    from compared
    where least(
        {%- for explanation in explanations %}
        abs(difference - ({{ explanation }})){{ ',' if not loop.last }}
        {%- endfor %}
    ) > tolerance
    union all
    select
        order_id,
        source_system,
        'refunded_amount' as column_name,
        cast(refunded_amount as string) as raw_value,
        'refund_exceeds_amount' as issue
    from {{ ref('int_orders_unioned') }}
    where order_kind = 'order' and refunded_amount > amount
    union all
    select
        order_id,
        source_system,
        'currency' as column_name,
        currency as raw_value,
        'missing_exchange_rate' as issue
    from {{ ref('int_orders_unioned') }}
    where {{ has_exchange_rates() }}
        and currency is not null
        and exchange_rate is null

),

final as (

    select
        ---------- ids
        order_id,

        ---------- strings
        source_system,
        column_name,
        raw_value,
        issue
    from unioned

)

select * from final

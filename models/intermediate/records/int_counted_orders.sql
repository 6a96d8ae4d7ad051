{{ config(materialized='view') }}

{#
    Orders are named where they are read, not once above: an engine keeps what is read
    twice, and they are far too many to keep. Where no order says what was refunded, the
    second reading finds that out before it begins.
#}
with

final as (

    select
        ---------- ids
        order_id,
        customer_id,

        ---------- strings
        source_system,
        order_kind,

        ---------- numerics
        amount,

        ---------- timestamps
        ordered_at as counted_at
    from {{ ref('int_orders_unioned') }}
    where order_kind in ('order', 'return')
    union all
    select
        order_id,
        customer_id,
        source_system,
        'return' as order_kind,
        refunded_amount as amount,
        refunded_at as counted_at
    from {{ ref('int_orders_unioned') }}
    -- What was never counted cannot be given back.
    where order_kind = 'order' and amount is not null and refunded_amount > 0

)

select * from final

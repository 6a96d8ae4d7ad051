{#
    Orders of each customer whatever their date, from one pass over all: what the checks
    of the input compare, and where orders before registration are looked for.
#}
with

orders as (

    select * from {{ ref('int_orders_unioned') }}

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- strings
        source_system,

        ---------- numerics
        count(*) as record_count,
        count(*) filter (where order_kind = 'order') as order_count,
        coalesce(sum(amount) filter (where order_kind = 'order'), 0) as gross_spend,
        coalesce(sum(abs(amount)), 0) as amount,

        ---------- dates
        cast(min(ordered_at) as date) as first_record_on
    from orders
    group by customer_id, source_system

)

select * from final

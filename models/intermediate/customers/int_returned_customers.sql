{#
    Records are named where they are read, not once above: where nobody is erased, none is.
    Later visits, reviews and contacts alone make nobody a customer again.
#}
with

erased_customers as (

    select * from {{ ref('int_erased_customers') }}
    where is_recorded

),

orders as (

    {{ unioned_records('orders') }}

),

returns as (

    select
        erased_customers.customer_id,
        erased_customers.request_number,
        erased_customers.covered_until,
        true as has_registered
    from {{ ref('int_customers_unioned') }} as customers
    inner join erased_customers
        on customers.customer_id = erased_customers.customer_id
    where customers.registered_at > erased_customers.covered_until
    union all
    select
        erased_customers.customer_id,
        erased_customers.request_number,
        erased_customers.covered_until,
        false as has_registered
    from orders
    inner join erased_customers
        on orders.customer_id = erased_customers.customer_id
    where orders.ordered_at > erased_customers.covered_until
    union all
    select
        erased_customers.customer_id,
        erased_customers.request_number,
        erased_customers.covered_until,
        false as has_registered
    from {{ ref('int_order_item_totals') }} as item_totals
    inner join erased_customers
        on item_totals.customer_id = erased_customers.customer_id
    where item_totals.ordered_at > erased_customers.covered_until

),

final as (

    select
        ---------- ids
        customer_id,
        min(request_number) as request_number,

        ---------- booleans
        bool_or(has_registered) as has_registered,

        ---------- timestamps
        max(covered_until) as covered_until
    from returns
    group by customer_id

)

select * from final

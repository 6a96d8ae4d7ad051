{{ config(materialized='table') }}

{# How much there is, in the words of the checks that compare it with the last build. #}
with

record_counts as (

    select * from {{ ref('int_staged_record_counts') }}

),

customer_orders as (

    select * from {{ ref('int_customer_order_counts') }}

),

order_totals as (

    select
        source_system,
        count(*) as customers,
        cast(sum(record_count) as bigint) as records,
        cast(sum(order_count) as bigint) as orders,
        -- Whatever is summed later is part of all amounts.
        least(
            sum(gross_spend),
            {{ as_amount('sum(amount)', 'the sum of the amounts of all orders') }}
        ) as gross_spend
    from customer_orders
    group by source_system

),

-- An erasure request that was answered may go.
unioned as (

    select
        'lost_records' as check_name,
        source_system,
        entity,
        cast(null as string) as column_name,
        record_count as records,
        record_count as total
    from record_counts
    where entity <> 'erasure_requests'
    {%- for check_name, column_name, total in [
        ('lost_customers', 'customer_id', 'customers'),
        ('lost_orders', 'order_id', 'orders'),
        ('lost_spend', 'amount', 'gross_spend')
    ] %}
    union all
    select
        '{{ check_name }}' as check_name,
        source_system,
        'orders' as entity,
        '{{ column_name }}' as column_name,
        records,
        {{ total }} as total
    from order_totals
    {%- endfor %}

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,

        ---------- numerics
        records,
        cast(total as decimal(18, 4)) as total,

        ---------- booleans
        {{ is_sample() }} as is_sample
    from unioned

)

select * from final

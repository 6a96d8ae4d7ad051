{{ config(post_hook={'sql': '{{ report_consent() }}', 'transaction': false}) }}

with

customers as (

    select * from {{ ref('int_customers') }}

),

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

consent_values as (

    select sum(values_readable) as values_readable
    from {{ ref('int_column_counts') }}
    where entity = 'customers'
        and column_name = 'has_marketing_consent'

),

-- Who is in no customer table gave no consent that anybody could show.
final as (

    select
        ---------- ids
        customers.customer_id,

        ---------- booleans
        {{ is_consent_required('consent_values.values_readable') }}
            as is_consent_required,
        coalesce(people.has_marketing_consent, false)
        or not is_consent_required as is_contactable
    from customers
    cross join consent_values
    left join people
        on customers.customer_id = people.customer_id

)

select * from final

with

recorded_customers as (

    select * from {{ ref('int_customers_unioned') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

unregistered_customers as (

    select * from {{ ref('int_customers') }}
    where not is_registered

),

final as (

    select
        ---------- ids
        recorded_customers.source_customer_id,
        coalesce(changed_ids.surviving_customer_id, recorded_customers.customer_id)
            as customer_id,

        ---------- strings
        recorded_customers.source_system,

        ---------- booleans
        changed_ids.surviving_customer_id is not null as is_merged
    from recorded_customers
    left join changed_ids
        on recorded_customers.customer_id = changed_ids.customer_id
    where changed_ids.customer_id is null
        or changed_ids.surviving_customer_id is not null
    union all
    select
        {%- if valid_var('source_systems') | length > 1 %}
        substr(customer_id, instr(customer_id, ':') + 1) as source_customer_id,
        {%- else %}
        customer_id as source_customer_id,
        {%- endif %}
        customer_id,
        {%- if valid_var('source_systems') | length > 1 %}
        {{ dbt.split_part('customer_id', "':'", 1) }} as source_system,
        {%- else %}
        '{{ valid_var("source_systems")[0] }}' as source_system,
        {%- endif %}
        false as is_merged
    from unregistered_customers

)

select * from final

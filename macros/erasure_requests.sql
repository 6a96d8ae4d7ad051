{#
    The erasure requests of every source system, numbered in the order in which they were
    made, as a CTE body: what issues say of them is this number. Ids are published ids
    without a system, and so are emails as ids.
#}
{% macro numbered_erasure_requests() %}
    select
        cast(row_number() over (
            order by
                requested_at nulls last,
                source_system,
                customer_id nulls last,
                email nulls last
        ) as bigint) as request_number,
        *
    from (
        {%- for system in systems_with('erasure_requests') %}
        select
            {{ published_id('customer_id') }} as customer_id,
            {{ published_id('email') }} as email_as_customer_id,
            email,
            requested_at,
            '{{ system }}' as source_system
        from {{ ref('stg_' ~ system ~ '__erasure_requests') }}
        union all
        {%- endfor %}
        select
            cast(null as string) as customer_id,
            cast(null as string) as email_as_customer_id,
            cast(null as string) as email,
            cast(null as timestamp) as requested_at,
            cast(null as string) as source_system
        where false
    ) as requests
{% endmacro %}


{#
    The ids that erasure requests name, in the warehouse's form, as a CTE body over
    `requests`: a request may name an id with or without its system, and an email is an
    id where some source system has such ids. An address that no record has is not kept
    unless as a hash.
#}
{% macro sought_customer_ids() %}
    {%- set systems = valid_var('source_systems') %}
    select
        request_number,
        {{ "source_system || ':' || customer_id" if systems | length > 1
            else 'customer_id' }} as customer_id,
        true as is_kept
    from requests
    where customer_id is not null
    {%- for system in systems %}
    union
    select
        request_number,
        {{ warehouse_id(system, 'email_as_customer_id') }} as customer_id,
        {{ valid_var('hash_customer_ids') }} as is_kept
    from requests
    where email_as_customer_id is not null
    union
    select
        request_number,
        {{ warehouse_id(system, 'substr(customer_id, ' ~ (system | length + 2) ~ ')') }}
            as customer_id,
        true as is_kept
    from requests
    where starts_with(customer_id, '{{ system }}:')
    {%- endfor %}
{% endmacro %}


{#
    Every record of a customer, also those that cleaning rejected and older ones of a key,
    as a CTE body. A person is known by email, names and birth date together.
#}
{% macro all_customer_records() %}
    {%- for system in systems_with('customers') %}
    select
        {{ warehouse_id(system, published_id('cleaned.customer_id')) }} as customer_id,
        cleaned.email,
        {{ person_key('cleaned') }} as person
    from {{ ref('base_' ~ system ~ '__customers') }} as cleaned
    union all
    {%- endfor %}
    select
        cast(null as string) as customer_id,
        cast(null as string) as email,
        cast(null as string) as person
    where false
{% endmacro %}


{# What two records of one person share; null where a part of it is not known. #}
{% macro person_key(relation) -%}
    {{ relation }}.email || '|' || lower({{ relation }}.first_name) || '|'
        || lower({{ relation }}.last_name) || '|'
        || cast({{ relation }}.birth_date as string)
{%- endmacro %}


{# What issues call a request: `request 3`. #}
{% macro request_key(number) -%}
    'request ' || cast({{ number }} as string)
{%- endmacro %}


{# A customer's id in a warehouse where several systems are one, or one is several. #}
{% macro former_customer_id(column) -%}
    {%- set systems = valid_var('source_systems') -%}
    {%- if systems | length > 1 -%}
    substr({{ column }}, instr({{ column }}, ':') + 1)
    {%- else -%}
    '{{ systems[0] }}:' || {{ column }}
    {%- endif -%}
{%- endmacro %}

{#
    The erasure requests of every source system, numbered in the order in which they were
    made, as a CTE body: what issues say of them is this number. Ids are published ids
    without a system, and so are emails as ids. A request covers what is dated up to
    covered_until: the moment of the request, the end of its day if it has no time of day,
    and everything if it has no date.
#}
{% macro numbered_erasure_requests() %}
    select
        cast(row_number() over (
            order by
                requested_at nulls last,
                source_system,
                customer_id nulls last,
                email nulls last,
                first_name nulls last,
                last_name nulls last
        ) as bigint) as request_number,
        *,
        case
            when requested_at is null then {{ no_end() }}
            when requested_at = cast(cast(requested_at as date) as timestamp)
                then requested_at + interval '1 day' - interval '1 microsecond'
            else requested_at
        end as covered_until
    from (
        {%- for system in systems_with('erasure_requests') %}
        select
            {{ published_id('customer_id') }} as customer_id,
            {{ published_id('email') }} as email_as_customer_id,
            email,
            lower(first_name) as first_name,
            lower(last_name) as last_name,
            requested_at,
            '{{ system }}' as source_system
        from {{ ref('stg_' ~ system ~ '__erasure_requests') }}
        union all
        {%- endfor %}
        select
            cast(null as string) as customer_id,
            cast(null as string) as email_as_customer_id,
            cast(null as string) as email,
            cast(null as string) as first_name,
            cast(null as string) as last_name,
            cast(null as timestamp) as requested_at,
            cast(null as string) as source_system
        where false
    ) as requests
{% endmacro %}


{# Until when a request without a date covers records: for ever. #}
{% macro no_end() -%}
    cast('9999-12-31 00:00:00' as timestamp)
{%- endmacro %}


{#
    The ids that erasure requests name, in the warehouse's form, as a CTE body over
    `requests`: a request may name an id with or without its system, and an email is an
    id where some source system has such ids, and belongs to whoever had it in a former
    build. An address that no record has is not kept unless as a hash.
#}
{% macro sought_customer_ids() %}
    {%- set systems = valid_var('source_systems') %}
    select
        request_number,
        {{ id_as_published("source_system || ':' || customer_id") }} as customer_id,
        covered_until,
        true as is_kept
    from requests
    where customer_id is not null
    {%- for system in systems %}
    union
    select
        request_number,
        {{ warehouse_id(system, 'email_as_customer_id') }} as customer_id,
        covered_until,
        {{ valid_var('hash_customer_ids') }} as is_kept
    from requests
    where email_as_customer_id is not null
    union
    select
        request_number,
        {{ warehouse_id(system, 'substr(customer_id, ' ~ (system | length + 2) ~ ')') }}
            as customer_id,
        covered_until,
        true as is_kept
    from requests
    where {{ has_system('customer_id', system) }}
    {%- endfor %}
    union
    select
        requests.request_number,
        {{ id_as_published('addresses.customer_id') }} as customer_id,
        requests.covered_until,
        true as is_kept
    from requests
    inner join {{ ref('int_customer_addresses') }} as addresses
        on {{ erasure_hash('email', 'requests.email') }} = addresses.address_hash
    left join ({{ all_customer_records() }}) as records
        on addresses.customer_id = {{ id_with_system('records.customer_id') }}
    where {{ has_no_other_name('records', 'requests') }}
{% endmacro %}


{#
    The ids of customers that any raw record has, also one that was rejected, as a CTE
    body: those for which some row of a relation fulfils a condition on <id>.
#}
{% macro recorded_customer_ids(relation, condition) %}
    {%- for system, entity in staged_tables()
        if entity not in ['products', 'erasure_requests'] %}
    {%- set id = warehouse_id(system, published_id('records.customer_id')) %}
    select {{ id }} as customer_id
    from {{ ref('base_' ~ system ~ '__' ~ entity) }} as records
    semi join {{ relation }}
        on {{ condition | replace('<id>', id) }}
    {{ 'union' if not loop.last }}
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
        lower(cleaned.first_name) as first_name,
        lower(cleaned.last_name) as last_name,
        cast(cleaned.birth_date as string) as birth_date,
        {{ person_key('cleaned') }} as person
    from {{ ref('base_' ~ system ~ '__customers') }} as cleaned
    union all
    {%- endfor %}
    select
        cast(null as string) as customer_id,
        cast(null as string) as email,
        cast(null as string) as first_name,
        cast(null as string) as last_name,
        cast(null as string) as birth_date,
        cast(null as string) as person
    where false
{% endmacro %}


{#
    Whether a record may be of whom a request names: an address can be that of several, and
    only a name that is known tells them apart.
#}
{% macro has_no_other_name(records, requests) -%}
    coalesce({{ records }}.first_name = {{ requests }}.first_name, true)
    and coalesce({{ records }}.last_name = {{ requests }}.last_name, true)
{%- endmacro %}


{# The ids of whoever has the email of a request in any record, as a CTE body. #}
{% macro customer_ids_at_addresses() %}
    select
        requests.request_number,
        records.customer_id,
        requests.covered_until
    from ({{ all_customer_records() }}) as records
    inner join requests
        on records.email = requests.email
    where records.customer_id is not null
        and {{ has_no_other_name('records', 'requests') }}
{% endmacro %}


{# What two records of one person share; null where a part of it is not known. #}
{% macro person_key(relation) -%}
    {{ relation }}.email || '|' || lower({{ relation }}.first_name) || '|'
        || lower({{ relation }}.last_name) || '|'
        || cast({{ relation }}.birth_date as string)
{%- endmacro %}


{# What issues call a request: `request 3`, or where the input has it no more. #}
{% macro request_key(number) -%}
    coalesce('request ' || cast({{ number }} as string), 'former request')
{%- endmacro %}


{# A customer's id in a warehouse where several systems are one, or one is several. #}
{% macro former_customer_id(column) -%}
    {%- if unprefixed_system() is none -%}
    {{ id_in_source(column) }}
    {%- else -%}
    {{ id_with_system(column) }}
    {%- endif -%}
{%- endmacro %}

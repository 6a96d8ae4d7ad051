{#
    Which records each source system has. The models base_<system>__<entity> clean them
    and stg_<system>__<entity> keep each once; of another system than crm,
    raw_<system>__<entity> gives them the columns of the input contract.
#}
{% macro source_system_entities() %}
    {{ return({
        'crm': tables_of_crm(),
        'complete_journey': [
            'customers', 'orders', 'order_items', 'products', 'campaign_contacts'
        ]
    }) }}
{% endmacro %}


{# The enabled source systems that have records of an entity. #}
{% macro systems_with(entity) %}
    {% do valid_var('crm_tables') %}
    {% set systems = [] %}
    {% for system in valid_var('source_systems') %}
        {% if entity in source_system_entities()[system] %}
            {% do systems.append(system) %}
        {% endif %}
    {% endfor %}
    {{ return(systems) }}
{% endmacro %}


{# The raw tables of all enabled source systems, as pairs of system and entity. #}
{% macro staged_tables() %}
    {% set tables = [] %}
    {% for entity in raw_table_contract() %}
        {% for system in systems_with(entity) %}
            {% do tables.append([system, entity]) %}
        {% endfor %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{# Names as the list of an IN, which may not be empty. #}
{% macro quoted(names) %}
    {{ return("'" ~ (names or ['none']) | join("', '") ~ "'") }}
{% endmacro %}


{#
    The source system whose ids are customers' and records' own ids in the warehouse, without
    a system before them: the only one enabled, or of several that of the var, if any.
#}
{% macro unprefixed_system() %}
    {% set systems = valid_var('source_systems') %}
    {{ return(
        systems[0] if systems | length == 1 else valid_var('unprefixed_source_system')
    ) }}
{% endmacro %}


{#
    An id of a source system as the warehouse's own: unchanged with one system
    enabled, `<system>:<id>` with several, so that ids never collide.
#}
{% macro warehouse_id(system, column) -%}
    {%- if system == unprefixed_system() -%}
        {{ column }}
    {%- else -%}
        '{{ system }}:' || {{ column }}
    {%- endif -%}
{%- endmacro %}


{#
    With other ids all of the history would end and begin on one day, so a warehouse keeps
    its ids: what is wrong with them now, as a sentence; none if nothing is.
#}
{% macro problem_with_ids() %}
    {% if not execute or unprefixed_system() is not none %}
        {{ return(none) }}
    {% endif %}
    {% set history = our_relation('customer_segment_snapshot') %}
    {% if adapter.get_relation(
        history.database, history.schema, history.identifier
    ) is none %}
        {{ return(none) }}
    {% endif %}
    {% set prefixes = [] %}
    {% for system in valid_var('source_systems') %}
        {% do prefixes.append(has_system('customer_id', system)) %}
    {% endfor %}
    {% if run_query(
        'select count(*) from ' ~ history ~ ' where dbt_valid_to is null and not ('
        ~ prefixes | join(' or ') ~ ')'
    ).rows[0][0] %}
        {{ return('customers in the history of segments have ids without a source system; '
            ~ 'expected var unprefixed_source_system to name the system that they are of, '
            ~ 'or a warehouse in a file of its own.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# Whether an id has a source system before it. #}
{% macro has_system(column, system) -%}
    left({{ column }}, {{ system | length + 1 }}) = '{{ system }}:'
{%- endmacro %}


{# The source system of an id of the warehouse. #}
{% macro system_of_id(column) -%}
    {%- set own = unprefixed_system() -%}
    {%- set others = valid_var('source_systems') | reject('equalto', own) | list -%}
    {%- if own is not none and not others -%}
    '{{ own }}'
    {%- elif own is none -%}
    {{ dbt.split_part(column, "':'", 1) }}
    {%- else -%}
    case
        {%- for system in others %}
        when {{ has_system(column, system) }} then '{{ system }}'
        {%- endfor %}
        else '{{ own }}'
    end
    {%- endif -%}
{%- endmacro %}


{# The same id as it is when several systems are enabled, all of them with a prefix. #}
{% macro id_with_system(column) -%}
    {%- if unprefixed_system() is none -%}
    {{ column }}
    {%- elif valid_var('source_systems') | length == 1 -%}
    '{{ unprefixed_system() }}:' || {{ column }}
    {%- else -%}
    case
        when {{ system_of_id(column) }} = '{{ unprefixed_system() }}'
            then '{{ unprefixed_system() }}:' || {{ column }}
        else {{ column }}
    end
    {%- endif -%}
{%- endmacro %}


{# An id with its system as the warehouse's own: the reverse. #}
{% macro id_as_published(column) -%}
    {%- set own = unprefixed_system() -%}
    {%- if own is none -%}
    {{ column }}
    {%- else -%}
    case
        when {{ has_system(column, own) }}
            then substr({{ column }}, {{ own | length + 2 }})
        else {{ column }}
    end
    {%- endif -%}
{%- endmacro %}


{# What a source system itself calls an id of the warehouse. #}
{% macro id_in_source(column) -%}
    {%- if valid_var('source_systems') | length == 1 -%}
    {{ column }}
    {%- elif unprefixed_system() is none -%}
    substr({{ column }}, instr({{ column }}, ':') + 1)
    {%- else -%}
    case
        when {{ system_of_id(column) }} = '{{ unprefixed_system() }}' then {{ column }}
        else substr({{ column }}, instr({{ column }}, ':') + 1)
    end
    {%- endif -%}
{%- endmacro %}


{#
    A customer id as it goes further than staging: with var hash_customer_ids an id that
    is an email address is a salted hash of it.
#}
{% macro published_id(column) -%}
    {%- if valid_var('hash_customer_ids') -%}
        case
            when {{ column }} like '_%@_%._%' then {{ salted_hash(column) }}
            else {{ column }}
        end
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}


{#
    The staged records of an entity from every enabled source system, ids made the
    warehouse's own. Without any such system there are none.
#}
{% macro unioned_records(entity) %}
    {%- set ids = ['order_id', 'product_id', 'visit_id', 'review_id',
                   'contact_id', 'campaign_id'] -%}
    {%- set systems = systems_with(entity) -%}
    {%- for system in systems or [none] %}
    select
        {%- for column, properties in raw_table_contract()[entity]['columns'].items() %}
        {%- if system is none %}
        cast(null as {{ sql_type(properties['kind']) }}) as {{ column }},
        {%- elif column == 'customer_id' %}
        {{ warehouse_id(system, published_id(column)) }} as {{ column }},
        {%- elif column in ids %}
        {{ warehouse_id(system, column) }} as {{ column }},
        {%- else %}
        {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- if entity == 'customers' %}
        {{ 'cast(null as string)' if system is none else published_id('customer_id') }}
            as source_customer_id,
        {%- endif %}
        cast({{ 'null' if system is none else "'" ~ system ~ "'" }} as string) as source_system
    {%- if system is none %}
    where false
    {%- else %}
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}


{# The type that values of a kind of the input contract have once cleaned. #}
{% macro sql_type(kind) %}
    {{ return({
        'money': 'decimal(18, 4)', 'number': 'double', 'rate': 'double',
        'rating': 'double', 'integer': 'bigint',
        'consent': 'boolean', 'control': 'boolean', 'conversion': 'boolean',
        'date': 'date', 'timestamp': 'timestamp'
    }.get(kind, 'string')) }}
{% endmacro %}


{# Whether a record is of a customer: of no erased one, nor of one who came back later. #}
{% macro is_record_of_customer(date) -%}
    (changed_ids.customer_id is null or changed_ids.surviving_customer_id is not null)
        and (changed_ids.covered_until is null or {{ date }} > changed_ids.covered_until)
{%- endmacro %}


{#
    The same, with each record given to the customer that its own customer became: the
    survivor of merged duplicates. After an erasure request there is no customer, and
    the record is left out.
#}
{% macro customer_records(entity) %}
with

records as (

    {{ unioned_records(entity) }}

),

final as (

    select
        {%- for column in raw_table_contract()[entity]['columns'] %}
        {%- if column == 'customer_id' %}
        coalesce(changed_ids.surviving_customer_id, records.customer_id) as customer_id,
        {%- else %}
        records.{{ column }},
        {%- endif %}
        {%- endfor %}
        records.source_system
    from records
    left join {{ ref('int_customer_id_changes') }} as changed_ids
        on records.customer_id = changed_ids.customer_id
    where {{ is_record_of_customer(
        'records.' ~ raw_table_contract()[entity]['date']
    ) }}

)

select * from final
{% endmacro %}

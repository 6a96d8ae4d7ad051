{#
    The values of the faulty records of a raw table, one row each, as a CTE body: as they
    came, what was wrong, and whose they are. Records without a fault are left out first,
    so that only the others are looked at by column.
#}
{% macro faulty_values(system, entity) %}
    {%- set contract = raw_table_contract()[entity] -%}
    {%- set columns = contract['columns'] %}
    select
        '{{ entity }}' as entity,
        faulty.record_key,
        {{ 'faulty.customer_id' if 'customer_id' in columns
            else 'cast(null as string)' }} as customer_id,
        column_names.column_name,
        column_names.kind,
        case column_names.column_name
            {%- for name in columns %}
            when '{{ name }}' then {{ as_text('faulty.raw_' ~ name) }}
            {%- endfor %}
        end as raw_value,
        case column_names.column_name
            {%- for name in columns %}
            when '{{ name }}' then faulty.issue_{{ name }}
            {%- endfor %}
        end as issue,
        faulty.rejection_column,
        faulty.rejection_issue,
        {%- if entity == 'customers' %}
        {{ personal_text(
            "concat_ws(' ', faulty.first_name, faulty.last_name)", 'faulty.phone'
        ) }}
        {%- else %}
        cast(null as string)
        {%- endif %} as own_text,
        column_names.is_personal as is_personal_column,
        {{ contract.get('is_personal', false) }} as is_personal_table,
        '{{ system }}' as source_system
    from (
        select
            cleaned.*,
            {{ record_key_expression(entity, 'cleaned') }} as record_key
        from {{ ref('base_' ~ system ~ '__' ~ entity) }} as cleaned
        -- Of a table without any fault, which this leaves empty, no record is read.
        cross join (
            select distinct rows_in > 0 as is_faulty
            from {{ ref('int_column_counts') }}
            where source_system = '{{ system }}'
                and entity = '{{ entity }}'
                and rows_rejected + values_repaired + values_nulled > 0
        ) as counted
        where case
            when counted.is_faulty then coalesce(
                cleaned.rejection_column
                {%- for name in columns %},
                cleaned.issue_{{ name }}
                {%- endfor %}
            )
        end is not null
    ) as faulty
    cross join (
        {%- for name, column in columns.items() %}
        select
            '{{ name }}' as column_name,
            '{{ column["kind"] }}' as kind,
            {{ column.get('is_personal', false) }} as is_personal
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as column_names
{% endmacro %}


{#
    What to know the `sought_owners` by, from all of their records, as a CTE body: one row
    per customer of a source system.
#}
{% macro texts_of_owners() %}
    {%- for system in systems_with('customers') %}
    select
        '{{ system }}' as source_system,
        customers.customer_id,
        {{ dbt.listagg(personal_text(
            "concat_ws(' ', customers.first_name, customers.last_name)", 'customers.phone'
        ), "' '") }} as own_text
    from {{ ref('base_' ~ system ~ '__customers') }} as customers
    semi join sought_owners
        on customers.customer_id = sought_owners.customer_id
            and sought_owners.source_system = '{{ system }}'
    group by customers.customer_id
    union all
    {%- endfor %}
    select
        cast(null as string) as source_system,
        cast(null as string) as customer_id,
        cast(null as string) as own_text
    where false
{% endmacro %}

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
        where coalesce(
            cleaned.rejection_column
            {%- for name in columns %},
            cleaned.issue_{{ name }}
            {%- endfor %}
        ) is not null
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

{#
    One row per raw record of a table, with for each column of the contract

        raw_<column>     the value as it came
        <column>         the typed value; null where it cannot be used
        issue_<column>   what was wrong with it, if anything

    and for the whole record rejection_column and rejection_issue, null where the record
    is kept.
#}
{% macro cleaned_records(table_name) %}
    {{- config(enabled=('crm' in valid_var('source_systems'))) -}}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- set columns = contract['columns'] -%}
    {%- set placeholder_values = valid_var('placeholder_values') -%}

with

raw_records as (

    {{ raw_records(table_name) }}

),

parsed as (

    select
        {%- for name, column in columns.items() %}
        raw_records.{{ name }} as raw_{{ name }},
        {%- endfor %}
        {%- for name, column in columns.items() %}
        {{ parse_value(
            column['kind'], 'raw_records.' ~ name, is_day_first(table_name, name)
        ) }} as parsed_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from raw_records
    {{- word_joins(table_name) }}

),

-- A value that could be read may still be a placeholder or out of range.
valued as (

    select
        {%- for name, column in columns.items() %}
        raw_{{ name }},
        parsed_{{ name }},
        case
            when parsed_{{ name }} is null then null
            {%- if column['kind'] in ['id', 'text', 'email', 'phone'] %}
            when {{ has_type('raw_' ~ name, 'text') }}
                and (parsed_{{ name }} = '' or {{ is_placeholder(name, 'raw_' ~ name) }})
                then null
            {%- elif placeholder_values.get(name) %}
            when {{ is_placeholder(name, 'raw_' ~ name) }} then null
            {%- endif %}
            {%- if column['kind'] in ['date', 'timestamp'] %}
            when parsed_{{ name }} < {{ earliest_date(name) }}
                or parsed_{{ name }} >= {{ latest_date() }}
                then null
            {%- endif %}
            {%- if 'minimum' in column %}
            when parsed_{{ name }} < {{ column['minimum'] }} then null
            {%- endif %}
            {%- if 'maximum' in column %}
            when parsed_{{ name }} > {{ column['maximum'] }} then null
            {%- endif %}
            else parsed_{{ name }}
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed

),

-- What was wrong with a value is told from the value before and after.
judged as (

    select
        {%- for name, column in columns.items() %}
        raw_{{ name }},
        {{ name }},
        case
            when raw_{{ name }} is null then null
            {%- if column['kind'] == 'id' %}
            -- An id that came as a whole number can have no fault.
            when {{ has_type('raw_' ~ name, 'number') }}
                and not {{ has_type('raw_' ~ name, 'fraction') }}
                then null
            {%- endif %}
            {%- if column['kind'] == 'order_status' %}
            when {{ name }} = 'unknown' then 'unparseable_value'
            {%- endif %}
            when {{ name }} is not null
                then case
                    when {{ has_type('raw_' ~ name, 'text') }}
                        and not {{ is_canonical(column['kind'], 'raw_' ~ name) }}
                        then 'reformatted_value'
                end
            when {{ has_type('raw_' ~ name, 'text') }} and {{ trimmed('raw_' ~ name) }} = ''
                then null
            when {{ is_placeholder(name, 'raw_' ~ name) }} then 'placeholder_value'
            when parsed_{{ name }} is null then 'unparseable_value'
            else 'impossible_value'
        end as issue_{{ name }},
        {%- endfor %}
        {%- if table_name == 'erasure_requests' %}
        case when customer_id is null and email is null then 'customer_id' end
            as rejection_column
        {%- else %}
        case
            {%- for name in contract['required'] %}
            when {{ is_unusable(name, columns[name]) }} then '{{ name }}'
            {%- endfor %}
        end as rejection_column
        {%- endif %}
    from valued

)

select
    {%- for name in columns %}
    raw_{{ name }},
    {%- endfor %}
    {%- for name in columns if name != 'line_number' %}
    {{ name }},
    {%- endfor %}
    {%- if 'line_number' in columns %}
    -- Lines that come without a number follow the numbered ones of their order.
    coalesce(
        line_number,
        coalesce(max(line_number) over (partition by order_id), 0)
        + row_number() over (
            partition by order_id, line_number
            order by
                {%- for name in columns if name not in ['order_id', 'line_number'] %}
                {{ name }} nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        )
    ) as line_number,
    {%- endif %}
    {%- for name in columns %}
    issue_{{ name }},
    {%- endfor %}
    rejection_column,
    case rejection_column
        {%- for name in (contract['required'] or ['customer_id']) %}
        when '{{ name }}'
            then case
                when issue_{{ name }} in ('unparseable_value', 'impossible_value')
                    then issue_{{ name }}
                else '{{ missing_issue(table_name, name) }}'
            end
        {%- endfor %}
    end as rejection_issue
from judged
{% endmacro %}


{#
    Whether a value is null after cleaning. An id that came as a number is one if and
    only if it came at all, which is far cheaper to ask of hundreds of millions of them.
#}
{% macro is_unusable(name, column) -%}
    {%- if column['kind'] == 'id' -%}
        (
            raw_{{ name }} is null
            or (
                (
                    {{ has_type('raw_' ~ name, 'text') }}
                    or {{ has_type('raw_' ~ name, 'fraction') }}
                )
                and {{ name }} is null
            )
        )
    {%- else -%}
        {{ name }} is null
    {%- endif -%}
{%- endmacro %}


{# What the lack of a required value is called. #}
{% macro missing_issue(table_name, column_name) %}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- if column_name in contract['key'] or not contract['key'] -%}
        {{ return('missing_key') }}
    {%- elif column_name == 'customer_id' -%}
        {{ return('missing_customer') }}
    {%- elif column_name == contract['date'] -%}
        {{ return('missing_date') }}
    {%- else -%}
        {{ return('missing_value') }}
    {%- endif -%}
{% endmacro %}


{#
    Whether 05/03/2024 in a column is the fifth of March: decided for the whole column
    by the values that leave no choice, or by var date_orders.
#}
{% macro is_day_first(table_name, column_name) %}
    {%- set kind = raw_table_contract()[table_name]['columns'][column_name]['kind'] -%}
    {%- if kind not in ['date', 'timestamp'] -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set subquery -%}
        (
            select date_orders.is_day_first
            from {{ ref('stg_crm__date_orders') }} as date_orders
            where date_orders.table_name = '{{ table_name }}'
                and date_orders.column_name = '{{ column_name }}'
        )
    {%- endset -%}
    {{ return(subquery) }}
{% endmacro %}


{#
    The records of a table whose key occurs more than once, as a CTE body: the one to
    keep, the latest, has repeat_number 1. Ordering by every column makes the choice
    the same whatever the order of the input; what is left equal is interchangeable.
#}
{% macro repeated_records(table_name) %}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- set columns = contract['columns'] | list -%}
    select
        {%- for name in columns %}
        cleaned.{{ name }},
        {%- endfor %}
        repeated_keys.record_key,
        row_number() over (
            partition by repeated_keys.record_key
            order by
                {%- if 'updated_at' in columns %}
                cleaned.updated_at desc nulls last,
                {%- endif %}
                {%- for name in columns if name != 'updated_at' %}
                cleaned.{{ name }} desc nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) as repeat_number
    from {{ ref('base_crm__' ~ table_name) }} as cleaned
    inner join {{ ref('stg_crm__repeated_keys') }} as repeated_keys
        on {{ record_key_expression(table_name, 'cleaned') }} = repeated_keys.record_key
    where repeated_keys.table_name = '{{ table_name }}'
        and cleaned.rejection_column is null
{% endmacro %}


{# The records of a table that are kept, each key once. #}
{% macro kept_records(table_name) %}
    {{- config(enabled=('crm' in valid_var('source_systems'))) -}}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- set columns = contract['columns'] | list -%}
with

{% if contract['key'] -%}
repeated as (

    {{ repeated_records(table_name) }}

),

-- Nearly all records; ranking just the others spares a sort of the whole table.
unrepeated as (

    select cleaned.*
    from {{ ref('base_crm__' ~ table_name) }} as cleaned
    anti join (
        select record_key
        from {{ ref('stg_crm__repeated_keys') }}
        where table_name = '{{ table_name }}'
    ) as repeated_keys
        on {{ record_key_expression(table_name, 'cleaned') }} = repeated_keys.record_key
    where cleaned.rejection_column is null

),

final as (

    select
        {%- for name in columns %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from unrepeated
    union all
    select
        {%- for name in columns %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from repeated
    where repeat_number = 1

)
{%- else -%}
final as (

    select
        {%- for name in columns %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('base_crm__' ~ table_name) }}
    where rejection_column is null

)
{%- endif %}

select * from final
{% endmacro %}

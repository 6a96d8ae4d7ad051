with

value_issues as (

    select * from {{ ref('int_value_issues') }}

),

merged as (

    {% for system, entity in staged_tables() if raw_table_contract()[entity]['key'] %}
    select
        {{ 'customer_id' if 'customer_id' in raw_table_contract()[entity]['columns']
            else 'cast(null as string)' }} as customer_id,
        '{{ entity }}' as entity,
        record_key,
        merge_issue as issue,
        '{{ system }}' as source_system
    from ({{ repeated_records(system, entity) }}) as repeated
    where repeat_number > 1
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A line that does not fit was never a record: it has a number instead of a key.
malformed_lines as (

    select
        entity,
        'line ' || cast(line_number as string) as record_key,
        cast(values_found as string) || ' values instead of '
        || cast(values_expected as string) as raw_value,
        source_system
    from {{ ref('int_malformed_lines') }}

),

final as (

    select
        customer_id,
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from value_issues
    union all
    select
        customer_id,
        entity,
        record_key,
        cast(null as string) as column_name,
        cast(null as string) as raw_value,
        issue,
        'merged' as action,
        source_system
    from merged
    union all
    select
        cast(null as string) as customer_id,
        entity,
        record_key,
        cast(null as string) as column_name,
        raw_value,
        'malformed_line' as issue,
        'rejected' as action,
        source_system
    from malformed_lines

)

select * from final

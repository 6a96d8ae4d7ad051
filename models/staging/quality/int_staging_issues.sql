{#
    Every faulty value of a record that is kept; of a rejected one, the reason. Records
    without a fault are left out first, so that only the others are looked at by column.
#}
with

{% for system, entity in staged_tables() %}
{%- set contract = raw_table_contract()[entity] %}
{%- set columns = contract['columns'] %}
{%- set cleaned = ref('base_' ~ system ~ '__' ~ entity) %}
faulty_{{ system }}_{{ entity }} as (

    select
        cleaned.*,
        {{ record_key_expression(entity, 'cleaned') }} as record_key
    from {{ cleaned }} as cleaned
    where coalesce(
        cleaned.rejection_column
        {%- for name in columns %},
        cleaned.issue_{{ name }}
        {%- endfor %}
    ) is not null

),

{{ system }}_{{ entity }} as (

    select
        faulty.record_key,
        column_names.column_name,
        case column_names.column_name
            {%- for name, column in columns.items() %}
            {%- set raw_text = as_text('faulty.raw_' ~ name) %}
            when '{{ name }}'
                then {{ masked(raw_text) if column.get('is_personal') else raw_text }}
            {%- endfor %}
        end as raw_value,
        case column_names.column_name
            {%- for name in columns %}
            when '{{ name }}' then faulty.issue_{{ name }}
            {%- endfor %}
        end as issue,
        faulty.rejection_column,
        faulty.rejection_issue
    from faulty_{{ system }}_{{ entity }} as faulty
    cross join (
        {%- for name in columns %}
        select '{{ name }}' as column_name
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as column_names

),

{% endfor %}
faults as (

    {% for system, entity in staged_tables() %}
    select
        '{{ entity }}' as entity,
        *,
        '{{ system }}' as source_system
    from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

merged as (

    {% for system, entity in staged_tables() if raw_table_contract()[entity]['key'] %}
    select
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
        entity,
        record_key,
        column_name,
        raw_value,
        coalesce(rejection_issue, issue) as issue,
        case
            when rejection_column is not null then 'rejected'
            when issue = 'reformatted_value' then 'repaired'
            else 'nulled'
        end as action,
        source_system
    from faults
    where column_name = rejection_column
        or (rejection_column is null and issue is not null)
    union all
    select
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

{# Every faulty value of a record that is kept; of a rejected one, the reason. #}
with

{% for system, entity in staged_tables() %}
{%- set contract = raw_table_contract()[entity] %}
{%- set columns = contract['columns'] %}
faulty_{{ system }}_{{ entity }} as (

    select
        cleaned.*,
        {{ record_key_expression(entity, 'cleaned') }} as record_key
    from {{ ref('base_' ~ system ~ '__' ~ entity) }} as cleaned
    where cleaned.rejection_column is not null
        {%- for name in columns %}
        or cleaned.issue_{{ name }} is not null
        {%- endfor %}

),

{{ system }}_{{ entity }} as (

    {%- for name, column in columns.items() %}
    select
        '{{ entity }}' as entity,
        record_key,
        '{{ name }}' as column_name,
        {{ masked('cast(raw_' ~ name ~ ' as string)') if column.get('is_personal')
            else 'cast(raw_' ~ name ~ ' as string)' }} as raw_value,
        coalesce(rejection_issue, issue_{{ name }}) as issue,
        case
            when rejection_column is not null then 'rejected'
            when issue_{{ name }} = 'reformatted_value' then 'repaired'
            else 'nulled'
        end as action,
        '{{ system }}' as source_system
    from faulty_{{ system }}_{{ entity }}
    where rejection_column = '{{ name }}'
        or (rejection_column is null and issue_{{ name }} is not null)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if contract['key'] %}
    union all
    select
        '{{ entity }}' as entity,
        record_key,
        null as column_name,
        null as raw_value,
        merge_issue as issue,
        'merged' as action,
        '{{ system }}' as source_system
    from ({{ repeated_records(system, entity) }}) as repeated
    where repeat_number > 1
    {%- endif %}

),

{% endfor %}
-- A line that does not fit was never a record: it has a number instead of a key.
malformed_lines as (

    select
        entity,
        'line ' || cast(line_number as string) as record_key,
        cast(null as string) as column_name,
        cast(values_found as string) || ' values instead of '
        || cast(values_expected as string) as raw_value,
        'malformed_line' as issue,
        'rejected' as action,
        source_system
    from {{ ref('int_malformed_lines') }}

),

final as (

    {% for system, entity in staged_tables() %}
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from {{ system }}_{{ entity }}
    union all
    {% endfor %}
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from malformed_lines

)

select * from final

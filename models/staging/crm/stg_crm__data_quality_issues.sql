{{ config(materialized='table', enabled=('crm' in valid_var('source_systems'))) }}

{# Every faulty value of a record that is kept; of a rejected one, the reason. #}
with

{% for table_name, contract in raw_table_contract().items() %}
{%- set columns = contract['columns'] %}
faulty_{{ table_name }} as (

    select
        cleaned.*,
        {{ record_key_expression(table_name, 'cleaned') }} as record_key
    from {{ ref('base_crm__' ~ table_name) }} as cleaned
    where cleaned.rejection_column is not null
        {%- for name in columns %}
        or cleaned.issue_{{ name }} is not null
        {%- endfor %}

),

{{ table_name }} as (

    {%- for name, column in columns.items() %}
    select
        '{{ table_name }}' as entity,
        record_key,
        '{{ name }}' as column_name,
        {{ masked('cast(raw_' ~ name ~ ' as string)') if column.get('is_personal')
            else 'cast(raw_' ~ name ~ ' as string)' }} as raw_value,
        coalesce(rejection_issue, issue_{{ name }}) as issue,
        case
            when rejection_column is not null then 'rejected'
            when issue_{{ name }} = 'reformatted_value' then 'repaired'
            else 'nulled'
        end as action
    from faulty_{{ table_name }}
    where rejection_column = '{{ name }}'
        or (rejection_column is null and issue_{{ name }} is not null)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if contract['key'] %}
    union all
    select
        '{{ table_name }}' as entity,
        record_key,
        null as column_name,
        null as raw_value,
        'duplicate_record' as issue,
        'merged' as action
    from ({{ repeated_records(table_name) }}) as repeated
    where repeat_number > 1
    {%- endif %}

),

{% endfor %}
final as (

    {% for table_name in raw_table_contract() %}
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        'crm' as source_system
    from {{ table_name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

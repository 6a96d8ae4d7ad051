{#
    The records of a table whose key occurs more than once, as a CTE body: the one to
    keep, the latest, has repeat_number 1. Ordering by every column makes the choice
    the same whatever the order of the input; what is left equal is interchangeable.

    merge_issue says why the others are merged: duplicate_record if all their values are
    those of the one kept, superseded_record if that one was updated later, and
    conflicting_record if nothing says which is right.
#}
{% macro repeated_records(system, table_name) %}
    {%- set columns = raw_table_contract()[table_name]['columns'] | list -%}
    select
        {%- for name in columns %}
        cleaned.{{ name }},
        {%- endfor %}
        repeated_keys.record_key,
        row_number() over by_values as repeat_number,
        case
            when rank() over by_values = 1 then 'duplicate_record'
            when rank() over by_update > 1 then 'superseded_record'
            else 'conflicting_record'
        end as merge_issue
    from {{ ref('base_' ~ system ~ '__' ~ table_name) }} as cleaned
    inner join ({{ repeated_keys(system, table_name) }}) as repeated_keys
        on {{ record_key_expression(table_name, 'cleaned') }} = repeated_keys.record_key
    where cleaned.rejection_column is null
        and {{ can_be_repeated(table_name, 'cleaned') }}
    window
        by_update as (
            partition by repeated_keys.record_key
            order by cleaned.updated_at desc nulls last
        ),
        by_values as (
            partition by repeated_keys.record_key
            order by
                cleaned.updated_at desc nulls last,
                {%- for name in columns if name != 'updated_at' %}
                cleaned.{{ name }} desc nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        )
{% endmacro %}


{# The keys of a table that occur more than once, as a CTE body. #}
{% macro repeated_keys(system, table_name) %}
    select record_key
    from {{ ref('int_repeated_keys') }}
    where source_system = '{{ system }}' and entity = '{{ table_name }}'
{% endmacro %}


{# The records of a table that are kept, each key once. #}
{% macro kept_records(system, table_name) %}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- set columns = contract['columns'] | list | join(',\n        ') -%}
    {%- set cleaned = ref('base_' ~ system ~ '__' ~ table_name) -%}
with

{% if contract['key'] -%}
repeated as (

    {{ repeated_records(system, table_name) }}

),

-- Nearly all records; ranking just the others spares a sort of the whole table.
unrepeated as (

    select cleaned.*
    from {{ cleaned }} as cleaned
    anti join ({{ repeated_keys(system, table_name) }}) as repeated_keys
        on {{ record_key_expression(table_name, 'cleaned') }} = repeated_keys.record_key
            and {{ can_be_repeated(table_name, 'cleaned') }}
    where cleaned.rejection_column is null

),

final as (

    select
        {{ columns }}
    from unrepeated
    union all
    select
        {{ columns }}
    from repeated
    where repeat_number = 1

)
{%- else -%}
final as (

    select
        {{ columns }}
    from {{ cleaned }}
    where rejection_column is null

)
{%- endif %}

select * from final
{% endmacro %}

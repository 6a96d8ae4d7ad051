{# One pass over the judged records of a table, rejected ones too, counts its columns. #}
{% set issues = {
    'reformatted_value': 'repaired',
    'placeholder_value': 'placeholder',
    'unparseable_value': 'unparseable',
    'impossible_value': 'impossible'
} %}

with

{% for system, entity in staged_tables() %}
{% set columns = raw_table_contract()[entity]['columns'] %}
{{ system }}_{{ entity }}_counts as (

    select
        {%- for name, column in columns.items() %}
        {%- set raw_text = as_text('raw_' ~ name) %}
        {{ count_of(is_present(name)) }} as {{ name }}_present,
        {{ count_of(
            is_present(name) ~ ' and ' ~ name ~ ' is not null and issue_' ~ name
            ~ " is distinct from 'unparseable_value'"
        ) }} as {{ name }}_readable,
        {%- for issue, count_name in issues.items() %}
        {{ count_of('issue_' ~ name ~ " = '" ~ issue ~ "'") }} as {{ name }}_{{ count_name }},
        {%- endfor %}
        min(case
            when issue_{{ name }} = 'unparseable_value'
                then substr(
                    {{ masked(raw_text) if column.get('is_personal') else raw_text }}, 1, 80
                )
        end) as {{ name }}_example,
        {%- endfor %}
        count(rejection_column) as rows_rejected,
        count(*) as rows_in
    from {{ ref('base_' ~ system ~ '__' ~ entity) }}

),

{{ system }}_{{ entity }} as (

    {% for name in columns %}
    select
        '{{ system }}' as source_system,
        '{{ entity }}' as entity,
        '{{ name }}' as column_name,
        {{ name }}_example as example,
        rows_in,
        rows_rejected,
        {{ name }}_present as values_present,
        {{ name }}_readable as values_readable,
        {%- for count_name in issues.values() %}
        {{ name }}_{{ count_name }} as values_{{ count_name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ system }}_{{ entity }}_counts
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{% endfor %}
counted as (

    {% for system, entity in staged_tables() %}
    select * from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- strings
        source_system,
        entity,
        column_name,
        example,

        ---------- numerics
        rows_in,
        rows_rejected,
        values_present,
        values_readable,
        values_repaired,
        values_placeholder + values_unparseable + values_impossible as values_nulled,
        values_placeholder,
        values_unparseable,
        values_impossible
    from counted

)

select * from final

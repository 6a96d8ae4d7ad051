{#
    One pass over the judged records of a table, rejected ones too, counts its columns. A
    value is present where it was read or something was wrong with it: blanks are neither.
#}
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
        count({{ name }})
        {%- if column['kind'] == 'order_status' %}
        filter (where {{ name }} <> 'unknown')
        {%- endif %} as {{ name }}_readable,
        {{ counts_by_value('issue_' ~ name) }} as {{ name }}_issues,
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
        rows_in,
        rows_rejected,
        {{ name }}_readable as values_readable,
        {{ name }}_issues as issues
    from {{ system }}_{{ entity }}_counts
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{% endfor %}
unioned as (

    {% for system, entity in staged_tables() %}
    select * from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        *,
        {%- for issue, count_name in issues.items() %}
        {{ count_in('issues', issue) }} as values_{{ count_name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from unioned

),

summed as (

    select
        *,
        values_placeholder + values_unparseable + values_impossible as values_nulled
    from counted

),

final as (

    select
        ---------- strings
        source_system,
        entity,
        column_name,

        ---------- numerics
        rows_in,
        rows_rejected,
        values_readable + values_nulled as values_present,
        values_readable,
        values_repaired,
        values_nulled,
        values_placeholder,
        values_unparseable,
        values_impossible
    from summed

)

select * from final

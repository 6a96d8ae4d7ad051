{#
    One pass over the judged records of a table, rejected ones too, counts its columns. Of
    what could not be read the list of issues has an example.
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
        count(*) filter (where {{ is_present(name) }}) as {{ name }}_present,
        count(*) filter (
            where raw_{{ name }} is not null and {{ name }} is not null
            {%- if column['kind'] == 'order_status' %}
            and {{ name }} <> 'unknown'
            {%- endif %}
        ) as {{ name }}_readable,
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
        {{ name }}_present as values_present,
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

examples as (

    select
        source_system,
        entity,
        column_name,
        substr(min(raw_value), 1, 80) as example
    from {{ ref('int_staging_issues') }}
    where issue = 'unparseable_value'
    group by source_system, entity, column_name

),

final as (

    select
        ---------- strings
        counted.source_system,
        counted.entity,
        counted.column_name,
        examples.example,

        ---------- numerics
        counted.rows_in,
        counted.rows_rejected,
        counted.values_present,
        counted.values_readable,
        counted.values_repaired,
        counted.values_placeholder
        + counted.values_unparseable
        + counted.values_impossible as values_nulled,
        counted.values_placeholder,
        counted.values_unparseable,
        counted.values_impossible
    from counted
    left join examples
        on counted.source_system = examples.source_system
            and counted.entity = examples.entity
            and counted.column_name = examples.column_name

)

select * from final

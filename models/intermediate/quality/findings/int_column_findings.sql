{# Columns with values that cannot be read; the example of a personal one is masked. #}
with

column_counts as (

    select * from {{ ref('int_column_counts') }}

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

columns as (

    {% set counted = [] %}
    {% for entity, contract in raw_table_contract().items() %}
    {% for name, column in contract['columns'].items() %}
    {% do counted.append(name) %}
    {{ 'union all' if counted | length > 1 }}
    select
        '{{ entity }}' as entity,
        '{{ name }}' as column_name,
        '{{ expected_value(column["kind"]) }}' as expected_value,
        '{{ "unreadable_values" if is_essential(entity, name)
            else "unreadable_attributes" }}' as check_name
    {% endfor %}
    {% endfor %}

),

found as (

    select
        columns.check_name,
        column_counts.source_system,
        column_counts.entity,
        column_counts.column_name,
        column_counts.values_unparseable as found,
        column_counts.values_present as records,
        examples.example,
        columns.expected_value
    from column_counts
    inner join columns
        on column_counts.entity = columns.entity
            and column_counts.column_name = columns.column_name
    left join examples
        on column_counts.source_system = examples.source_system
            and column_counts.entity = examples.entity
            and column_counts.column_name = examples.column_name
    where column_counts.values_present > 0

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,
        found || ' of ' || records || ' values cannot be read'
        || coalesce(', for example ' || {{ quoted_value('example') }}, '')
        || '; expected ' || expected_value || '.' as sentence,

        ---------- numerics
        found,
        records,
        cast(found as double) / records as share
    from found

)

select * from final

{{ config(materialized='table') }}

with

{% for table_name in tables_of_files() %}
{% do source('crm', table_name) %}
{{ table_name }} as (

    {{ malformed_lines_of(raw_table(table_name)) }}

),

{% endfor %}
final as (

    {% for table_name in tables_of_files() %}
    select
        'crm' as source_system,
        '{{ table_name }}' as entity,
        file_path,
        line_number,
        values_found,
        values_expected
    from {{ table_name }}
    union all
    {% endfor %}
    select
        cast(null as string) as source_system,
        cast(null as string) as entity,
        cast(null as string) as file_path,
        cast(null as bigint) as line_number,
        cast(null as bigint) as values_found,
        cast(null as bigint) as values_expected
    where false

)

select * from final

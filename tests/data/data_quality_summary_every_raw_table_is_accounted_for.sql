{% set expected = [] %}
{% for entity in raw_table_contract() %}
    {% for system in systems_with(entity) %}
        {% do expected.append(system ~ '.' ~ entity) %}
    {% endfor %}
{% endfor %}

with

summary as (

    select count(*) as raw_tables
    from {{ ref('data_quality_summary') }}

)

select *
from summary
where raw_tables <> {{ expected | length }}

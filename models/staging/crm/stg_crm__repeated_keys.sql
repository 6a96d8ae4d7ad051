{{ config(materialized='table') }}

with

{% for table_name, contract in raw_table_contract().items() if contract['key'] %}
repeated_{{ table_name }} as (

    select
        '{{ table_name }}' as table_name,
        {{ record_key_expression(table_name, 'cleaned') }} as record_key,
        count(*) as record_count
    from {{ ref('base_crm__' ~ table_name) }} as cleaned
    where cleaned.rejection_column is null
    group by all
    having count(*) > 1

),

{% endfor %}
final as (

    {% for table_name, contract in raw_table_contract().items() if contract['key'] %}
    select * from repeated_{{ table_name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

{#
    One pass over the staged records of each source system counts them by day: of
    customers by the day of registration.
#}
with

{% set counted = [] %}
{% for entity, contract in raw_table_contract().items() %}
{% set date_column = 'registered_at' if entity == 'customers'
    else none if entity == 'erasure_requests' else contract['date'] %}
{% for system in systems_with(entity) %}
{% do counted.append(system ~ '_' ~ entity) %}
{{ system }}_{{ entity }} as (

    select
        '{{ entity }}' as entity,
        '{{ system }}' as source_system,
        cast({{ date_column or 'null' }} as date) as recorded_on,
        count(*) as record_count
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    group by recorded_on

),

{% endfor %}
{% endfor %}
final as (

    {% for relation in counted %}
    select
        entity,
        source_system,
        recorded_on,
        record_count
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

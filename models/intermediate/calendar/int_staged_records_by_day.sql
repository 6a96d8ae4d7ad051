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

{% if entity == 'orders' %}
{% do counted.append(system ~ '_refunds') %}
-- A refund that is noted on its order is no record, but it has a day.
{{ system }}_refunds as (

    select
        'orders' as entity,
        '{{ system }}' as source_system,
        cast(updated_at as date) as recorded_on,
        0 as record_count
    from {{ ref('stg_' ~ system ~ '__orders') }}
    where refunded_amount <> 0
        and updated_at > ordered_at
    group by recorded_on

),

{% endif %}
{% endfor %}
{% endfor %}
counted_days as (

    {% for relation in counted %}
    select
        entity,
        source_system,
        recorded_on,
        record_count
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- strings
        entity,
        source_system,

        ---------- numerics
        cast(sum(record_count) as bigint) as record_count,

        ---------- dates
        recorded_on
    from counted_days
    group by entity, source_system, recorded_on

)

select * from final

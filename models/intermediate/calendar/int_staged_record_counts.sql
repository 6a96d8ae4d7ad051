with

records_by_day as (

    select * from {{ ref('int_staged_records_by_day') }}

),

-- A table without records has no day, and is counted all the same.
raw_tables as (

    {% set counted = [] %}
    {% for entity in raw_table_contract() %}
    {% for system in systems_with(entity) %}
    {% do counted.append(entity) %}
    {{ 'union all' if counted | length > 1 }}
    select
        '{{ entity }}' as entity,
        '{{ system }}' as source_system
    {% endfor %}
    {% endfor %}

),

final as (

    select
        ---------- strings
        raw_tables.entity,
        raw_tables.source_system,

        ---------- numerics
        cast(coalesce(sum(records_by_day.record_count), 0) as bigint) as record_count,

        ---------- dates
        min(records_by_day.recorded_on) as first_record_on,
        max(records_by_day.recorded_on) as last_record_on
    from raw_tables
    left join records_by_day
        on raw_tables.entity = records_by_day.entity
            and raw_tables.source_system = records_by_day.source_system
    group by raw_tables.entity, raw_tables.source_system

)

select * from final

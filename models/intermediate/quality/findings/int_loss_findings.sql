{#
    What is gone since the last build that passed, of a table that both builds had. The
    sample is not compared with what comes after it.
#}
with

input_totals as (

    select * from {{ ref('int_input_totals') }}

),

passed_totals as (

    {{ passed_input_totals() }}

),

compared as (

    select
        passed_totals.check_name,
        passed_totals.source_system,
        passed_totals.entity,
        passed_totals.column_name,
        passed_totals.records,
        passed_totals.total as total_before,
        coalesce(input_totals.total, 0) as total
    from passed_totals
    left join input_totals
        on passed_totals.check_name = input_totals.check_name
            and passed_totals.source_system = input_totals.source_system
            and passed_totals.entity = input_totals.entity
    where passed_totals.total > 0
        and passed_totals.is_sample = {{ is_sample() }}
        and (
            {%- for entity in raw_table_contract() %}
            {{ 'or ' if not loop.first -}}
            passed_totals.entity = '{{ entity }}'
            and passed_totals.source_system in ({{ quoted(systems_with(entity)) }})
            {%- endfor %}
        )

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,
        case check_name
            when 'lost_records' then 'records'
            when 'lost_customers' then 'customers'
            when 'lost_orders' then 'orders'
            else 'spend'
        end
        || ' fell from ' || {{ plain_total('total_before') }}
        || ' in the last build that passed to ' || {{ plain_total('total') }}
        || ', by ' || {{ percentage('1 - total / total_before') }}
        || '; expected all that was there before, and more.' as sentence,

        ---------- numerics
        cast(greatest(total_before - total, 0) as bigint) as found,
        records,
        cast(greatest(1 - total / total_before, 0) as double) as share
    from compared

)

select * from final

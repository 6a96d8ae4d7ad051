{# What is odd about when records are: it decides which date is the current one. #}
{% set window_days = valid_var('outcome_window_days') %}

with

record_ends as (

    select * from {{ ref('int_record_ends') }}

),

activities as (

    select bool_or(is_activity) as is_any
    from record_ends

),

-- Registrations and summaries decide only where there is no activity.
deciding as (

    select record_ends.*
    from record_ends
    cross join activities
    where record_ends.is_activity or not activities.is_any

),

usual_end as (

    select
        cast(
            {{ dbt.dateadd('day', 1, 'max(last_usual_record_on)') }} as date
        ) as date_without_strays
    from deciding

),

stray_records as (

    select
        'stray_records' as check_name,
        deciding.source_system,
        deciding.entity,
        deciding.stray_count || ' of ' || deciding.record_count
        || ' records are of ' || deciding.first_stray_on
        || ' or later, all others of ' || deciding.last_usual_record_on
        || ' or before; expected no gap of more than {{ window_days }} days. '
        || 'Without them the current date would be that of as_of_date: '''
        || usual_end.date_without_strays || '''.' as sentence,
        deciding.stray_count as found,
        deciding.record_count as records,
        deciding.stray_count / cast(deciding.record_count as double) as share
    from deciding
    cross join usual_end

),

kinds as (

    select
        *,
        entity in ('orders', 'order_items') as is_order
    from record_ends

),

last_days as (

    select
        source_system,
        max(last_usual_record_on) filter (where is_activity) as last_activity_on,
        max(last_usual_record_on) filter (where is_activity and is_order)
            as last_order_on,
        max(last_usual_record_on) filter (where is_activity and not is_order)
            as last_other_on,
        max(last_record_on) filter (where entity = 'customers') as last_registered_on,
        max(record_count) filter (where is_activity and is_order) as order_count,
        max(record_count) filter (where entity = 'customers') as customer_count
    from kinds
    group by source_system

),

early_ends as (

    select
        'orders_end_early' as check_name,
        source_system,
        'orders' as entity,
        'the last order is of ' || last_order_on || ', other activity goes on until '
        || last_other_on || '; expected orders until then. Without them every '
        || 'customer counts as gone quiet.' as sentence,
        {{ dbt.datediff('last_order_on', 'last_other_on', 'day') }}
            as found,
        order_count as records
    from last_days
    where last_order_on is not null
        and last_other_on is not null
    union all
    select
        'activity_ends_early' as check_name,
        source_system,
        'customers' as entity,
        'the last order, visit, review or contact is of ' || last_activity_on
        || ', the last registration of ' || last_registered_on
        || '; expected activity until then. The current date is the day after the '
        || 'last activity.' as sentence,
        {{ dbt.datediff('last_activity_on', 'last_registered_on', 'day') }}
            as found,
        customer_count as records
    from last_days
    where last_activity_on is not null
        and last_registered_on is not null

),

unioned as (

    {% if not var('as_of_date') -%}
    select * from stray_records
    union all
    {% endif -%}
    select
        check_name,
        source_system,
        entity,
        sentence,
        greatest(found, 0) as found,
        records,
        greatest(found, 0) / cast({{ window_days }} as double) as share
    from early_ends
    {%- if not var('as_of_date') %}
    union all
    select
        'no_dates' as check_name,
        cast(null as string) as source_system,
        cast(null as string) as entity,
        'no record has a date, so the current date is the day of the build; expected '
        || 'dates, or var as_of_date.' as sentence,
        cast(count(*) = 0 as bigint) as found,
        cast(1 as bigint) as records,
        cast(count(*) = 0 as double) as share
    from record_ends
    {%- endif %}

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        cast(null as string) as column_name,
        sentence,

        ---------- numerics
        cast(found as bigint) as found,
        records,
        share
    from unioned

)

select * from final

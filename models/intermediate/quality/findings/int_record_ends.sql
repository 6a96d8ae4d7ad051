{#
    Where the records of a table end, with the latest and without the few strays behind
    a gap of a whole outcome window: at most a thousandth of the records, or one.
#}
{% set window_days = valid_var('outcome_window_days') %}

with

records_by_day as (

    select * from {{ ref('int_staged_records_by_day') }}
    where recorded_on is not null

),

days as (

    select
        source_system,
        entity,
        {{ is_activity() }} as is_activity,
        recorded_on,
        lag(recorded_on) over (
            partition by source_system, entity order by recorded_on
        ) as day_before,
        sum(record_count) over (
            partition by source_system, entity order by recorded_on desc
            rows between unbounded preceding and current row
        ) as records_from_here,
        sum(record_count) over (partition by source_system, entity) as records
    from records_by_day

),

gaps as (

    select
        *,
        records_from_here <= greatest(records / 1000, 1)
        and {{ window_days }}
            < {{ dbt.datediff('day_before', 'recorded_on', 'day') }}
            as is_before_strays
    from days

),

final as (

    select
        ---------- strings
        source_system,
        entity,

        ---------- numerics
        cast(max(records) as bigint) as record_count,
        -- A refund moves the date as well, and is no record.
        case
            when bool_or(is_before_strays)
                then cast(
                    max(greatest(records_from_here, 1)) filter (where is_before_strays)
                    as bigint
                )
            else 0
        end as stray_count,

        ---------- booleans
        is_activity,

        ---------- dates
        max(recorded_on) as last_record_on,
        coalesce(
            min(day_before) filter (where is_before_strays), max(recorded_on)
        ) as last_usual_record_on,
        min(recorded_on) filter (where is_before_strays) as first_stray_on
    from gaps
    group by source_system, entity, is_activity

)

select * from final

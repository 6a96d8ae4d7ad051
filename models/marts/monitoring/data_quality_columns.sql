with

counts as (

    select * from {{ ref('int_column_counts') }}

),

formats as (

    select * from {{ ref('int_column_formats') }}

),

final as (

    select
        ---------- strings
        counts.source_system,
        counts.entity,
        counts.column_name,
        case
            when formats.is_day_first then 'day_first'
            when not formats.is_day_first then 'month_first'
        end as date_order,
        case
            when formats.is_decimal_comma then 'comma'
            when not formats.is_decimal_comma then 'point'
        end as decimal_separator,
        case greatest(
            formats.epoch_seconds_count,
            formats.epoch_milliseconds_count,
            formats.epoch_microseconds_count,
            formats.serial_count
        )
            when 0 then null
            when formats.epoch_seconds_count then 'seconds'
            when formats.epoch_milliseconds_count then 'milliseconds'
            when formats.epoch_microseconds_count then 'microseconds'
            when formats.serial_count then 'days'
        end as time_unit,
        formats.currencies,

        ---------- numerics
        counts.rows_in,
        counts.values_present,
        counts.values_readable,
        counts.values_repaired,
        counts.values_nulled,
        counts.values_placeholder,
        counts.values_unparseable,
        counts.values_impossible,
        coalesce(formats.proving_count, 0) as proving_count,
        coalesce(formats.contradicting_count, 0) as contradicting_count,

        ---------- booleans
        coalesce(formats.is_undecided, false) as is_undecided,
        case
            when counts.column_name = 'has_marketing_consent'
                then {{ is_consent_required(
                    'sum(counts.values_readable) over (partition by counts.column_name)'
                ) }}
        end as is_consent_required
    from counts
    left join formats
        on counts.source_system = formats.source_system
            and counts.entity = formats.entity
            and counts.column_name = formats.column_name

)

select * from final

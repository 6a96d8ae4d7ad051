{# One row for each day from the earliest that a record may have. #}
{{ config(materialized='view') }}

with

days as (

    {{ dbt.date_spine(
        'day',
        "cast('1990-01-01' as date)",
        "cast('" ~ (run_started_at + modules.datetime.timedelta(days=366)).date()
            ~ "' as date)"
    ) }}

),

final as (

    select cast(date_day as date) as calendar_date
    from days

)

select * from final

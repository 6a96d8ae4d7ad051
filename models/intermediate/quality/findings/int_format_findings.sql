{# Columns whose values do not agree on how they are to be read, or do not say. #}
with

column_formats as (

    select * from {{ ref('int_column_formats') }}

),

counted as (

    select
        source_system,
        entity,
        column_name,
        is_day_first,
        is_decimal_comma,
        contradicting_count,
        case
            when is_undecided then either_order_count + either_separator_count else 0
        end as undecided_count,
        proving_count + contradicting_count + either_order_count
        + either_separator_count as value_count,
        day_first_count + month_first_count + either_order_count > 0 as is_date
    from column_formats

),

unioned as (

    select
        'contradicting_values' as check_name,
        source_system,
        entity,
        column_name,
        contradicting_count || ' of ' || value_count || ' values cannot have '
        || case
            when is_day_first then 'the day first'
            when is_date then 'the month first'
            when is_decimal_comma then 'a decimal comma'
            else 'a decimal point'
        end || ', as most others have; expected one format in a column.' as sentence,
        contradicting_count as found,
        value_count as records
    from counted
    union all
    select
        'undecided_format' as check_name,
        source_system,
        entity,
        column_name,
        undecided_count || ' of ' || value_count || ' values such as '
        || case
            when is_date
                then '05/03/2024 may have the day or the month first, and no other '
                    || 'decides; expected var date_orders to say so.'
            else '1.234 may be of one or of a thousand, and no other decides; '
                || 'expected var decimal_separators to say so.'
        end as sentence,
        undecided_count as found,
        value_count as records
    from counted

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,
        sentence,

        ---------- numerics
        found,
        records,
        cast(found as double) / records as share
    from unioned
    where records > 0

)

select * from final

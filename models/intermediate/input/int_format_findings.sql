{# Columns whose values do not agree on how they are to be read, or do not say. #}
with

column_formats as (

    select * from {{ ref('int_column_formats') }}

),

dates as (

    select
        source_system,
        entity,
        column_name,
        is_undecided,
        either_order_count as undecided_count,
        case when is_day_first then 'day' else 'month' end as first_part,
        case when is_day_first then month_first_count else day_first_count end
            as contradicting_count,
        day_first_count + month_first_count + either_order_count as value_count
    from column_formats

),

unioned as (

    select
        'contradicting_values' as check_name,
        source_system,
        entity,
        column_name,
        contradicting_count || ' of ' || value_count || ' dates cannot have the '
        || first_part || ' first, as the others have, and were not read; expected one '
        || 'order in a column.' as sentence,
        contradicting_count as found,
        value_count as records
    from dates
    union all
    select
        'undecided_format' as check_name,
        source_system,
        entity,
        column_name,
        'dates such as 05/03/2024 were read with the ' || first_part || ' first, and '
        || undecided_count || ' of ' || value_count || ' would fit both orders; '
        || 'expected var date_orders to say which it is.' as sentence,
        case when is_undecided then undecided_count else 0 end as found,
        value_count as records
    from dates

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

{# Amounts in several currencies that nothing converts. #}
with

currencies as (

    select
        source_system,
        currency,
        count(*) as record_count,
        count(exchange_rate) as converted_count
    from {{ ref('int_orders_unioned') }}
    where currency is not null
    group by source_system, currency

),

-- Without any rate one of the currencies, that of most orders, needs none.
counted as (

    select
        source_system,
        cast(sum(record_count) as bigint) as records,
        cast(
            sum(record_count) - greatest(
                sum(converted_count),
                case when sum(converted_count) = 0 then max(record_count) else 0 end
            ) as bigint
        ) as found,
        {{ dbt.listagg(
            "currency || ' (orders ' || record_count || ')'", "', '",
            "order by record_count desc, currency asc"
        ) }} as currencies
    from currencies
    group by source_system

),

final as (

    select
        ---------- strings
        'mixed_currencies' as check_name,
        source_system,
        'orders' as entity,
        'currency' as column_name,
        'amounts are in ' || currencies || ', and nothing converts ' || found
        || ' of them; expected one currency, or a rate for each in the seed '
        || 'exchange_rates.' as sentence,

        ---------- numerics
        found,
        records,
        cast(found as double) / records as share
    from counted

)

select * from final

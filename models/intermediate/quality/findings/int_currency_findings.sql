{# Amounts in currencies without a rate, known by a column or by their signs. #}
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

-- Where orders name their currency, signs beside their amounts say nothing more.
signed as (

    select formats.*
    from {{ ref('int_column_formats') }} as formats
    anti join counted
        on formats.source_system = counted.source_system
            and formats.entity = 'orders'
    where formats.currency_count > 0

),

unioned as (

    select
        source_system,
        'orders' as entity,
        'currency' as column_name,
        'amounts are in ' || currencies || ', and nothing converts ' || found
        || ' of them; expected one currency, or a rate for each in the seed '
        || 'exchange_rates.' as sentence,
        found,
        records
    from counted
    union all
    select
        source_system,
        entity,
        column_name,
        'values have signs of several currencies (' || currencies
        || '), which are not converted; expected one currency, or for orders a column '
        || 'currency and a rate for each in the seed exchange_rates.' as sentence,
        currency_count - main_currency_count as found,
        currency_count as records
    from signed

),

final as (

    select
        ---------- strings
        'mixed_currencies' as check_name,
        source_system,
        entity,
        column_name,
        sentence,

        ---------- numerics
        found,
        records,
        cast(found as double) / records as share
    from unioned

)

select * from final

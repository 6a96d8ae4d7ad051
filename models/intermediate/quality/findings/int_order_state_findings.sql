{# How much of the orders is in states that no list knows. #}
{% set has_several_systems = valid_var('source_systems') | length > 1 %}

with

customer_orders as (

    select * from {{ ref('int_customer_order_counts') }}

),

order_totals as (

    select
        source_system,
        cast(sum(record_count) as bigint) as records,
        sum(amount) as amount
    from customer_orders
    group by source_system

),

unknown_words as (

    select
        source_system,
        {{ "source_system || ':' || record_key" if has_several_systems
            else 'record_key' }} as order_id,
        raw_value as word
    from {{ ref('int_staging_issues') }}
    where entity = 'orders'
        and column_name = 'status'
        and issue = 'unparseable_value'
        and action <> 'rejected'

),

words as (

    select
        unknown_words.source_system,
        unknown_words.word,
        count(*) as records,
        coalesce(sum(abs(orders.amount)), 0) as amount
    from {{ ref('int_orders_unioned') }} as orders
    inner join unknown_words
        on orders.order_id = unknown_words.order_id
    group by unknown_words.source_system, unknown_words.word

),

ranked_words as (

    select
        *,
        row_number() over (
            partition by source_system
            order by amount desc, records desc, word asc
        ) as word_rank
    from words

),

word_totals as (

    select
        source_system,
        cast(sum(records) as bigint) as records,
        sum(amount) as amount,
        {{ dbt.listagg(
            "case when word_rank <= 5 then " ~ quoted_value('word')
            ~ " || ' (orders ' || records
            || ', amount ' || cast(amount as decimal(18, 2)) || ')' end",
            "', '", "order by word_rank"
        ) }} as words
    from ranked_words
    group by source_system

),

unknown_order_states as (

    select
        'unknown_order_states' as check_name,
        order_totals.source_system,
        'orders' as entity,
        'status' as column_name,
        'no list knows the states ' || word_totals.words
        || '; such orders count nowhere until the seed input_words says what the word '
        || 'means.' as sentence,
        coalesce(word_totals.records, 0) as found,
        order_totals.records,
        -- Orders that have no amount are weighed by their number.
        case
            when order_totals.amount > 0
                then cast(coalesce(word_totals.amount, 0) as double)
                    / cast(order_totals.amount as double)
            else coalesce(word_totals.records, 0) / cast(order_totals.records as double)
        end as share
    from order_totals
    left join word_totals
        on order_totals.source_system = word_totals.source_system

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
        share
    from unknown_order_states

)

select * from final

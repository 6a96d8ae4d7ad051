{#
    Visits and orders are named where they are read, not once above: an engine keeps
    what is read twice, and they are far too many to keep.
#}
with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

undecided_visitors as (

    select distinct customer_id from {{ ref('int_visits_unioned') }}
    where has_converted is null

),

order_days as (

    select distinct
        orders.customer_id,
        cast(orders.ordered_at as date) as ordered_on
    from {{ ref('int_orders_unioned') }} as orders
    semi join undecided_visitors
        on orders.customer_id = undecided_visitors.customer_id
    where orders.order_kind = 'order'

),

-- Where the source does not say, a visit converted if its customer ordered that day.
decided as (

    select
        customer_id,
        visited_at,
        has_converted
    from {{ ref('int_visits_unioned') }}
    where has_converted is not null
    union all
    select
        undecided.customer_id,
        undecided.visited_at,
        order_days.customer_id is not null as has_converted
    from {{ ref('int_visits_unioned') }} as undecided
    left join order_days
        on undecided.customer_id = order_days.customer_id
            and cast(undecided.visited_at as date) = order_days.ordered_on
    where undecided.has_converted is null

),

period_end_columns as (

    {{ period_end_columns() }}

),

dated as (

    select
        decided.customer_id,
        decided.has_converted,
        decided.visited_at,
        {{ period_end('decided.visited_at') }} as period_end
    from decided
    cross join period_end_columns

),

by_period as (

    select
        customer_id,
        period_end,
        count(*) as visit_count,
        count(*) filter (where has_converted) as converted_visit_count,
        min(visited_at) as first_visited_at
    from dated
    where period_end is not null
    group by customer_id, period_end

),

seen as (

    {{ seen_on_observation_dates() }}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        {%- for column in ['visit_count', 'converted_visit_count'] %}
        cast(sum({{ column }}) as bigint) as {{ column }},
        cast(coalesce(sum({{ column }}) filter (where is_trailing), 0) as bigint)
            as trailing_{{ column }},
        {%- endfor %}
        cast(sum(converted_visit_count) as double) / sum(visit_count)
            as conversion_rate,

        ---------- dates
        cast(min(first_visited_at) as date) as first_activity_on
    from seen
    group by observation_date, customer_id

)

select * from final

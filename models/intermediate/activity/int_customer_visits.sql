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

observation_date_columns as (

    {{ observation_date_columns() }}

),

dated as (

    select
        decided.customer_id,
        decided.has_converted,
        decided.visited_at,
        {{ observed_period('decided.visited_at') }} as period
    from decided
    cross join observation_date_columns

),

by_customer as (

    select
        customer_id,
        {%- for period in observed_periods() %}
        count(*) filter (where period = {{ period }}) as visit_count_{{ period }},
        count(*) filter (where period = {{ period }} and has_converted)
            as converted_visit_count_{{ period }},
        {%- endfor %}
        min(visited_at) as first_activity_at
    from dated
    where period is not null
    group by customer_id

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        by_customer.customer_id,

        ---------- numerics
        {%- for column in ['visit_count', 'converted_visit_count'] %}
        {{ of_all_seen('by_customer.' ~ column) }} as {{ column }},
        {{ of_trailing_window('by_customer.' ~ column) }} as trailing_{{ column }},
        {%- endfor %}
        cast(converted_visit_count as double) / nullif(visit_count, 0)
            as conversion_rate,

        ---------- dates
        cast(by_customer.first_activity_at as date) as first_activity_on
    from by_customer
    inner join observation_dates
        on by_customer.first_activity_at < observation_dates.observation_date

)

select * from final

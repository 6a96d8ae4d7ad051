with

visits as (

    select * from {{ ref('int_visits_unioned') }}

),

orders as (

    select * from {{ ref('int_orders_unioned') }}
    where is_order

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

undecided_visitors as (

    select distinct customer_id from visits
    where has_converted is null

),

order_days as (

    select distinct
        orders.customer_id,
        cast(orders.ordered_at as date) as ordered_on
    from orders
    semi join undecided_visitors
        on orders.customer_id = undecided_visitors.customer_id

),

-- Where the source does not say, a visit converted if its customer ordered that day.
decided as (

    select
        customer_id,
        visited_at,
        has_converted
    from visits
    where has_converted is not null
    union all
    select
        undecided.customer_id,
        undecided.visited_at,
        order_days.customer_id is not null as has_converted
    from visits as undecided
    left join order_days
        on undecided.customer_id = order_days.customer_id
            and cast(undecided.visited_at as date) = order_days.ordered_on
    where undecided.has_converted is null

),

final as (

    select
        ---------- ids
        observation_dates.observation_date,
        decided.customer_id,

        ---------- numerics
        count(*) as visit_count,
        count(*) filter (where decided.has_converted) as converted_visit_count,
        count(*) filter (where decided.visited_at >= observation_dates.trailing_start_date)
            as trailing_visit_count,
        count(*) filter (where decided.has_converted
            and decided.visited_at >= observation_dates.trailing_start_date) as trailing_converted_visit_count,

        ---------- dates
        cast(min(decided.visited_at) as date) as first_activity_on
    from decided
    inner join observation_dates
        on decided.visited_at < observation_dates.observation_date
    group by observation_dates.observation_date, decided.customer_id

)

select * from final

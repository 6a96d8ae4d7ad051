{#
    The value of a customer is the spend of the trailing window, the measure `value` of
    segment_evaluation. Where no source system has orders, all that is known is a total.
#}
{% set value = (
    'trailing_spend' if systems_with('orders') or systems_with('order_items')
    else 'total_spend'
) %}
{# The shares of all positive value that classes A and B end at. #}
{% set class_a_share = 0.8 %}
{% set class_b_share = 0.95 %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

dates as (

    select
        observation_date,
        lag(observation_date) over (order by observation_date asc)
            as previous_date
    from observation_dates

),

-- Customers with the same value share a rank, so values are ranked and not customers:
-- there are far fewer of them.
distinct_values as (

    select
        observation_date,
        {{ value }} as amount,
        count(*) as customers
    from {{ ref('customer_features') }}
    group by observation_date, {{ value }}

),

accumulated as (

    select
        observation_date,
        amount,
        sum(customers) over descending - customers as customers_above,
        sum(customers) over (partition by observation_date) as all_customers,
        cast(
            sum(cast(greatest(amount, 0) * customers as decimal(38, 4)))
                over descending
            as double
        ) as positive_value,
        cast(greatest(amount, 0) * customers as double) as own_value,
        customers,
        cast(
            sum(cast(greatest(amount, 0) * customers as decimal(38, 4)))
                over (partition by observation_date)
            as double
        ) as all_positive_value
    from distinct_values
    window descending as (
        partition by observation_date order by amount desc
        rows between unbounded preceding and current row
    )

),

ranked as (

    select
        observation_date,
        amount,
        cast(customers_above + 1 as bigint) as value_rank,
        round(
            coalesce(
                cast(all_customers - customers_above - customers as double)
                / nullif(all_customers - 1, 0),
                0
            ),
            6
        ) as value_percentile,
        cast(
            floor(cast(customers_above as double) * 10 / all_customers) + 1 as bigint
        ) as value_decile,
        round(positive_value / nullif(all_positive_value, 0), 6)
            as cumulative_value_share,
        -- A customer who crosses a border is still in the class above it, so that there
        -- is an A however much of the value one customer has. No and negative values
        -- come after all positive value, and are C.
        case
            when positive_value - own_value < {{ class_a_share }} * all_positive_value
                then 'A'
            when positive_value - own_value < {{ class_b_share }} * all_positive_value
                then 'B'
            else 'C'
        end as pareto_class
    from accumulated

),

-- Features are named where they are read: an engine keeps what is named once and read
-- twice.
final as (

    select
        ---------- ids
        customers.observation_date,
        customers.customer_id,

        ---------- strings
        '{{ value }}' as value_feature,
        ranked.pareto_class,
        previous_ranked.pareto_class as previous_pareto_class,
        case
            when dates.previous_date is null then null
            when previous_ranked.pareto_class is null then 'new'
            when ranked.pareto_class < previous_ranked.pareto_class then 'up'
            when ranked.pareto_class > previous_ranked.pareto_class then 'down'
            else 'same'
        end as class_movement,

        ---------- numerics
        customers.{{ value }} as customer_value,
        ranked.value_rank,
        ranked.value_percentile,
        round(ranked.value_percentile - previous_ranked.value_percentile, 6)
            as percentile_change,
        ranked.value_decile,
        ranked.cumulative_value_share
    from {{ ref('customer_features') }} as customers
    inner join dates
        on customers.observation_date = dates.observation_date
    inner join ranked
        on customers.observation_date = ranked.observation_date
            and customers.{{ value }} = ranked.amount
    left join {{ ref('customer_features') }} as previous
        on dates.previous_date = previous.observation_date
            and customers.customer_id = previous.customer_id
    left join ranked as previous_ranked
        on previous.observation_date = previous_ranked.observation_date
            and previous.{{ value }} = previous_ranked.amount

)

select * from final

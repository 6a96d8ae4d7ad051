{# The shares of all positive value that classes A and B end at. #}
{% set class_a_share = 0.8 %}
{% set class_b_share = 0.95 %}

with

bases as (

    select * from {{ ref('int_value_bases') }}

),

-- Each date is compared with the one before it by one kind of value, its own.
needed as (

    select
        observation_date,
        value_feature
    from bases
    union distinct
    select
        previous_date as observation_date,
        value_feature
    from bases
    where previous_date is not null

),

-- Customers with the same value share a rank, so values are ranked and not customers:
-- there are far fewer of them.
distinct_values as (

    select
        needed.observation_date,
        needed.value_feature,
        {{ customer_value('features', 'needed.value_feature') }} as amount,
        count(*) as customers
    from {{ ref('customer_features') }} as features
    inner join needed
        on features.observation_date = needed.observation_date
    group by all

),

accumulated as (

    select
        observation_date,
        value_feature,
        amount,
        (sum(customers) over descending) - customers as customers_above,
        sum(customers) over (partition by observation_date, value_feature)
            as all_customers,
        cast(
            sum(cast(greatest(amount, 0) * customers as decimal(38, 4)))
                over descending
            as double
        ) as positive_value,
        cast(greatest(amount, 0) * customers as double) as own_value,
        customers,
        cast(
            sum(cast(greatest(amount, 0) * customers as decimal(38, 4)))
                over (partition by observation_date, value_feature)
            as double
        ) as all_positive_value
    from distinct_values
    window descending as (
        partition by observation_date, value_feature order by amount desc
        rows between unbounded preceding and current row
    )

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        value_feature,
        -- A customer who crosses a border is still in the class above it, so that
        -- there is an A however much of the value one customer has. No and negative
        -- values come after all positive value, and are C.
        case
            when positive_value - own_value < {{ class_a_share }} * all_positive_value
                then 'A'
            when positive_value - own_value < {{ class_b_share }} * all_positive_value
                then 'B'
            else 'C'
        end as pareto_class,

        ---------- numerics
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
            as cumulative_value_share
    from accumulated

)

select * from final

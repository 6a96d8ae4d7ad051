{#
    The cuts that the segments in production are compared with, of customers who have
    bought by the training date. Values are cut and not customers: equal values share a group, and
    there are far fewer of them.
#}
{% set measures = {
    'recency_days': 'asc', 'order_count': 'desc', 'total_spend': 'desc',
    'trailing_spend': 'desc'
} %}

with

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

distinct_values as (

    {% for measure in measures %}
    select
        '{{ measure }}' as measure,
        cast(features.{{ measure }} as decimal(18, 4)) as amount,
        count(*) as customers
    from {{ ref('customer_features') }} as features
    inner join training_date
        on features.observation_date = training_date.observation_date
    where features.is_never_buyer is not true
    group by features.{{ measure }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- The most recent buyers come first, and those who bought most.
ranked as (

    select
        measure,
        amount,
        customers,
        cast(
            sum(customers) over (
                partition by measure
                order by
                    case when measure = 'recency_days' then -amount else amount end
                    desc nulls last
                rows between unbounded preceding and current row
            ) - customers as bigint
        ) as customers_above,
        cast(sum(customers) over (partition by measure) as bigint) as all_customers
    from distinct_values

),

-- The segments by falling mean spend, so that the best hold as many customers as the
-- best group of the cut.
segment_bounds as (

    select
        segment_number,
        cast(
            sum(customers) over (
                order by segment_number asc
                rows between unbounded preceding and current row
            ) as bigint
        ) as customers_up_to
    from {{ ref('int_backtest_segment_sizes') }}

),

share_groups as (

    select
        ranked.amount,
        1 + count_if(segment_bounds.customers_up_to <= ranked.customers_above)
            as share_group
    from ranked
    cross join segment_bounds
    where ranked.measure = 'total_spend'
    group by ranked.amount

),

group_count as (

    select count(*) as group_count
    from segment_bounds

),

final as (

    select
        ---------- strings
        ranked.measure,

        ---------- numerics
        ranked.amount,
        ranked.customers,
        ranked.customers_above,
        1 + cast(
            floor(
                cast(ranked.customers_above as double) * group_count.group_count
                / ranked.all_customers
            ) as int
        ) as quantile_group,
        5 - cast(
            floor(cast(ranked.customers_above as double) * 5 / ranked.all_customers)
            as int
        ) as quintile_score,
        cast(share_groups.share_group as int) as share_group
    from ranked
    cross join group_count
    left join share_groups
        on ranked.measure = 'total_spend'
            and ranked.amount = share_groups.amount

)

select * from final

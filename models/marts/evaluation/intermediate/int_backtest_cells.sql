{#
    Customers of the training date who are in the same group of every cut and in the same
    fold are one cell: few rows hold all that any comparison of the cuts needs. Who never
    bought is in group 0 of every cut: no cut is better for it.
#}
with

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

value_groups as (

    select * from {{ ref('int_backtest_value_bands') }}

),

recency as (

    select * from value_groups
    where measure = 'recency_days'

),

orders as (

    select * from value_groups
    where measure = 'order_count'

),

spend as (

    select * from value_groups
    where measure = 'total_spend'

),

recent_spend as (

    select * from value_groups
    where measure = 'trailing_spend'

),

final as (

    select
        ---------- ids
        training_date.observation_date,
        assignments.segment_id,

        ---------- strings
        {{ backtest_fold('assignments.customer_id') }} as fold,

        ---------- numerics
        coalesce(spend.quantile_group, 0) as spend_group,
        coalesce(recent_spend.quantile_group, 0) as recent_spend_group,
        coalesce(spend.share_group, 0) as spend_share_group,
        coalesce(
            recency.quintile_score + orders.quintile_score + spend.quintile_score, 0
        ) as rfm_score,
        count(*) as customers,
        sum(features.trailing_spend) as spend_before,
        -- Decimals that are multiplied keep their width, and a square needs more.
        {%- for outcome in backtest_outcomes().values() | sum(start=[]) %}
        count(outcomes.{{ outcome }}) as {{ outcome }}_customers,
        sum(outcomes.{{ outcome }}) as {{ outcome }}_total,
        sum(cast(outcomes.{{ outcome }} as decimal(38, 4)) * outcomes.{{ outcome }})
            as {{ outcome }}_squares{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join training_date
        on assignments.observation_date = training_date.observation_date
    inner join {{ ref('customer_features') }} as features
        on assignments.observation_date = features.observation_date
            and assignments.customer_id = features.customer_id
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on assignments.customer_id = outcomes.customer_id
    left join recency
        on features.recency_days = recency.amount
            and features.is_never_buyer is not true
    left join orders
        on features.order_count = orders.amount
            and features.is_never_buyer is not true
    left join spend
        on features.total_spend = spend.amount
            and features.is_never_buyer is not true
    left join recent_spend
        on features.trailing_spend = recent_spend.amount
            and features.is_never_buyer is not true
    where assignments.segmentation_name = '{{ segmentation_name() }}'
    group by all

)

select * from final

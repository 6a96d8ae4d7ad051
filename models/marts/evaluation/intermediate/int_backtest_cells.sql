{#
    Customers of the training date who are in the same group of every cut and in the same
    fold are one cell: few rows hold all that any comparison of the cuts needs.
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
        spend.quantile_group as spend_group,
        recent_spend.quantile_group as recent_spend_group,
        spend.share_group as spend_share_group,
        recency.quintile_score + orders.quintile_score + spend.quintile_score
            as rfm_score,
        count(*) as customers,
        sum(features.trailing_spend) as spend_before,
        -- Decimals that are multiplied keep their width, and a square needs more.
        {%- for outcome in backtest_outcomes() %}
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
    inner join recency
        on features.recency_days = recency.amount
    inner join orders
        on features.order_count = orders.amount
    inner join spend
        on features.total_spend = spend.amount
    inner join recent_spend
        on features.trailing_spend = recent_spend.amount
    group by all

)

select * from final

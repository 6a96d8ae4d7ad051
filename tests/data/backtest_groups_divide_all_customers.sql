-- The groups of each kind have all customers and all spend of the window.
with

groups as (

    select
        segmentation,
        observation_date,
        sum(customers) as customers,
        sum(customers) filter (where group_number = 0) as never_buyers,
        sum(spend_before) as spend_before,
        sum(spend_total) as spend_after
    from {{ ref('int_backtest_groups') }}
    where population = 'customers'
    group by segmentation, observation_date

),

never_buyers as (

    select
        observation_date,
        count(*) filter (where is_never_buyer) as customers
    from {{ ref('customer_features') }}
    group by observation_date

),

totals as (

    select * from {{ ref('int_segment_measure_totals') }}
    where is_overall and segmentation_name = '{{ segmentation_name() }}'

)

select
    groups.segmentation,
    groups.customers,
    groups.spend_after,
    totals.outcome_spend__mean
from groups
inner join totals
    on groups.observation_date = totals.observation_date
inner join never_buyers
    on groups.observation_date = never_buyers.observation_date
where groups.customers <> totals.customers
    or coalesce(groups.never_buyers, 0) <> never_buyers.customers
    or abs(groups.spend_before - totals.trailing_spend) > 0.01
    or abs(groups.spend_after / groups.customers - totals.outcome_spend__mean)
    > 0.000001

{# The share of customers that is compared across segmentations of other sizes. #}
{% set best_share = 0.2 %}

with

groups as (

    select
        observation_date,
        population,
        segmentation,
        group_number,
        sum(customers) as customers,
        sum(spend_before) as spend_before,
        sum(spend_total) as spend_after
    from {{ ref('int_backtest_groups') }}
    group by observation_date, population, segmentation, group_number

),

-- Which group is the best is known on the date: by what its customers spent before it.
ranked as (

    select
        *,
        row_number() over best_first as group_rank,
        (sum(customers) over best_first) - customers as customers_better,
        sum(customers) over (partition by observation_date, population, segmentation)
            as all_customers
    from groups
    window best_first as (
        partition by observation_date, population, segmentation
        order by spend_before / customers desc, group_number asc
        rows between unbounded preceding and current row
    )

),

-- Of the group in which the best fifth ends as many customers count as belong to it.
weighted as (

    select
        *,
        least(
            greatest({{ best_share }} * all_customers - customers_better, 0), customers
        ) / customers as share_among_best
    from ranked

),

measured as (

    select
        observation_date,
        population,
        segmentation,
        count(*) as group_count,
        sum(customers) as customers,
        sum(spend_after) as spend,
        sum(spend_after * share_among_best) as best_fifth_spend,
        max(customers) filter (where group_rank = 1) as best_group_customers,
        max(spend_after) filter (where group_rank = 1) as best_group_spend
    from weighted
    group by observation_date, population, segmentation

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        population,
        segmentation,

        ---------- numerics
        group_count,
        cast(customers as bigint) as customers,
        round(best_fifth_spend / nullif(cast(spend as double), 0), 6)
            as top_quintile_spend_share,
        round(cast(best_group_customers as double) / customers, 6)
            as best_group_customer_share,
        case
            when best_group_customers >= {{ var('minimum_cell_size') }}
                then round(best_group_spend / nullif(cast(spend as double), 0), 6)
        end as best_group_spend_share
    from measured

)

select * from final

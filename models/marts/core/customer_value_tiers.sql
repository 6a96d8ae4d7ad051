with

bases as (

    select * from {{ ref('int_value_bases') }}

),

tiers as (

    select * from {{ ref('int_value_tiers') }}

),

persistence as (

    select * from {{ ref('int_value_class_persistence') }}

),

valued as (

    {{ valued_customers() }}

),

-- Every amount has a tier. Inner joins an engine may put in an order of its own, and
-- join all customers to all tiers first.
final as (

    select
        ---------- ids
        valued.observation_date,
        valued.customer_id,

        ---------- strings
        valued.value_feature,
        tiers.pareto_class,
        previous_tiers.pareto_class as previous_pareto_class,
        case
            when valued.previous_date is null then null
            when previous_tiers.pareto_class is null then 'new'
            when tiers.pareto_class < previous_tiers.pareto_class then 'up'
            when tiers.pareto_class > previous_tiers.pareto_class then 'down'
            else 'same'
        end as class_movement,

        ---------- numerics
        tiers.amount as customer_value,
        tiers.value_rank,
        tiers.value_percentile,
        round(tiers.value_percentile - previous_tiers.value_percentile, 6)
            as percentile_change,
        tiers.value_decile,
        tiers.cumulative_value_share,
        persistence.class_persistence,
        persistence.overall_class_share
    from valued
    left join tiers
        on valued.observation_date = tiers.observation_date
            and valued.value_feature = tiers.value_feature
            and valued.amount = tiers.amount
    left join tiers as previous_tiers
        on valued.previous_date = previous_tiers.observation_date
            and valued.value_feature = previous_tiers.value_feature
            and valued.previous_amount = previous_tiers.amount
    left join persistence
        on valued.observation_date = persistence.observation_date
            and tiers.pareto_class = persistence.pareto_class
    where valued.amount is not null

)

select * from final

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

-- Features are named where they are read: an engine keeps what is named once and read
-- twice.
final as (

    select
        ---------- ids
        customers.observation_date,
        customers.customer_id,

        ---------- strings
        bases.value_feature,
        tiers.pareto_class,
        previous_tiers.pareto_class as previous_pareto_class,
        case
            when bases.previous_date is null then null
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
    from {{ ref('customer_features') }} as customers
    inner join bases
        on customers.observation_date = bases.observation_date
    inner join tiers
        on bases.observation_date = tiers.observation_date
            and bases.value_feature = tiers.value_feature
            and {{ customer_value('customers', 'bases.value_feature') }} = tiers.amount
    left join persistence
        on bases.observation_date = persistence.observation_date
            and tiers.pareto_class = persistence.pareto_class
    left join {{ ref('customer_features') }} as previous
        on bases.previous_date = previous.observation_date
            and customers.customer_id = previous.customer_id
    left join tiers as previous_tiers
        on bases.previous_date = previous_tiers.observation_date
            and bases.value_feature = previous_tiers.value_feature
            and {{ customer_value('previous', 'bases.value_feature') }}
                = previous_tiers.amount

)

select * from final

with

bases as (

    select * from {{ ref('int_value_bases') }}
    where previous_date is not null

),

tiers as (

    select * from {{ ref('int_value_tiers') }}

),

valued as (

    {{ valued_customers() }}

),

-- Counted by amount before tiers are joined: an engine may else join all customers to
-- all tiers first. Who was no customer on the date before has no former amount.
amounts as (

    select
        observation_date,
        previous_date,
        value_feature,
        amount,
        previous_amount,
        count(*) as customers
    from valued
    where previous_amount is not null
    group by observation_date, previous_date, value_feature, amount, previous_amount

),

transitions as (

    select
        amounts.observation_date,
        tiers.pareto_class,
        previous_tiers.pareto_class as previous_pareto_class,
        sum(amounts.customers) as customers
    from amounts
    inner join tiers
        on amounts.observation_date = tiers.observation_date
            and amounts.value_feature = tiers.value_feature
            and amounts.amount = tiers.amount
    inner join tiers as previous_tiers
        on amounts.previous_date = previous_tiers.observation_date
            and amounts.value_feature = previous_tiers.value_feature
            and amounts.previous_amount = previous_tiers.amount
    group by all

),

classes as (

    select 'A' as pareto_class
    union all
    select 'B' as pareto_class
    union all
    select 'C' as pareto_class

),

counted as (

    select
        transitions.observation_date,
        classes.pareto_class,
        sum(transitions.customers) as all_customers,
        sum(transitions.customers) filter (
            where transitions.pareto_class = classes.pareto_class
        ) as customers_now,
        sum(transitions.customers) filter (
            where transitions.previous_pareto_class = classes.pareto_class
        ) as customers_before,
        sum(transitions.customers) filter (
            where transitions.previous_pareto_class = classes.pareto_class
                and transitions.pareto_class = classes.pareto_class
        ) as customers_in_both
    from transitions
    cross join classes
    group by transitions.observation_date, classes.pareto_class

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        pareto_class,

        ---------- numerics
        case
            when customers_before >= {{ var('minimum_cell_size') }}
                then round(
                    cast(coalesce(customers_in_both, 0) as double) / customers_before,
                    6
                )
        end as class_persistence,
        case
            when all_customers >= {{ var('minimum_cell_size') }}
                then round(
                    cast(coalesce(customers_now, 0) as double) / all_customers, 6
                )
        end as overall_class_share
    from counted

)

select * from final

{# What they say of spend alone. #}
{% set spend_shares = [
    'top_quintile_spend_share', 'best_group_customer_share', 'best_group_spend_share'
] %}

with

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

sized as (

    select * from {{ ref('int_backtest_best_groups') }}

),

-- The other way that comes closest, or goes ahead.
compared as (

    select
        *,
        row_number() over (
            partition by population, segmentation, outcome
            order by difference_low asc nulls first, other_segmentation asc
        ) as closeness
    from {{ ref('int_backtest_comparisons') }}

),

final as (

    select
        ---------- ids
        shares.observation_date,
        versions.segmentation_version,

        ---------- strings
        shares.population,
        shares.segmentation,
        shares.outcome,
        compared.other_segmentation as closest_segmentation,

        ---------- numerics
        sized.group_count,
        shares.customers,
        shares.difference as explained_share,
        shares.difference_low as explained_share_low,
        shares.difference_high as explained_share_high,
        compared.difference as difference_from_closest,
        compared.difference_low,
        compared.difference_high,
        {%- for column in spend_shares %}
        case when shares.outcome = 'spend' then sized.{{ column }} end as {{ column }},
        {%- endfor %}

        ---------- booleans
        coalesce(compared.difference_low > 0, false) as is_best,
        versions.training_date <= shares.observation_date
        and coalesce(versions.selection_end_date <= shares.observation_date, true)
            as is_out_of_time
    from compared as shares
    inner join compared
        on shares.population = compared.population
            and shares.segmentation = compared.segmentation
            and shares.outcome = compared.outcome
            and compared.closeness = 1
    inner join sized
        on shares.population = sized.population
            and shares.segmentation = sized.segmentation
    cross join versions
    where shares.other_segmentation = 'all_customers'

)

select * from final

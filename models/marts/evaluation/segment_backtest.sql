{# The simplest first: of two that are alike it is the better one. #}
{% set segmentations = [
    'spend_quantiles', 'trailing_spend_quantiles', 'size_matched_spend_bands',
    'rfm_grid', 'segments'
] %}
{# The share of customers that is compared across segmentations of other sizes. #}
{% set best_share = 0.2 %}
{# Who never bought is one group of every segmentation, and of no help to any. #}
{% set populations = {
    'customers': 'true', 'buyers': 'group_number <> ' ~ never_buyers_segment_id()
} %}

with

groups as (

    select * from {{ ref('int_backtest_groups') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

-- Which group is the best is known on the date: by what its customers spent before it.
ranked as (

    select
        *,
        row_number() over best_first as group_rank,
        sum(customers) over best_first - customers as customers_better,
        sum(customers) over (partition by observation_date, segmentation)
            as all_customers
    from groups
    window best_first as (
        partition by observation_date, segmentation
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

summed as (

    select
        observation_date,
        segmentation,
        count(*) as group_count,
        {%- for population, condition in populations.items() %}
        cast(sum(customers) filter (where {{ condition }}) as bigint)
            as {{ population }},
        sum(spend_after) filter (where {{ condition }}) as {{ population }}_spend,
        sum(spend_after_squared) filter (where {{ condition }})
            as {{ population }}_spend_squared,
        sum(spend_after * spend_after / customers) filter (where {{ condition }})
            as {{ population }}_spend_squared_of_means,
        {%- endfor %}
        sum(spend_after * share_among_best) as best_fifth_spend,
        max(customers) filter (where group_rank = 1) as best_group_customers,
        max(spend_after) filter (where group_rank = 1) as best_group_spend
    from weighted
    group by observation_date, segmentation

),

-- Variation between groups over variation in all: Fisher (1925), Statistical Methods
-- for Research Workers, section 45.
measured as (

    select
        *,
        {%- for population in populations %}
        {%- set spend = population ~ '_spend' %}
        round(
            (
                {{ spend }}_squared_of_means
                - {{ spend }} * {{ spend }} / nullif({{ population }}, 0)
            ) / nullif(
                {{ spend }}_squared
                - {{ spend }} * {{ spend }} / nullif({{ population }}, 0),
                0
            ),
            6
        ) as {{ population }}_eta_squared,
        {%- endfor %}
        case segmentation
            {%- for segmentation in segmentations %}
            when '{{ segmentation }}' then {{ loop.index }}
            {%- endfor %}
        end as simplicity
    from summed

),

final as (

    select
        ---------- ids
        measured.observation_date,
        versions.segmentation_version,

        ---------- strings
        measured.segmentation,

        ---------- numerics
        measured.group_count,
        measured.customers,
        measured.customers_eta_squared as eta_squared,
        coalesce(measured.buyers, 0) as buyers,
        measured.buyers_eta_squared as eta_squared_among_buyers,
        round(measured.best_fifth_spend / nullif(measured.customers_spend, 0), 6)
            as top_quintile_spend_share,
        round(cast(measured.best_group_customers as double) / measured.customers, 6)
            as best_group_customer_share,
        case
            when measured.best_group_customers >= {{ var('minimum_cell_size') }}
                then round(
                        measured.best_group_spend / nullif(measured.customers_spend, 0),
                        6
                    )
        end as best_group_spend_share,

        ---------- booleans
        row_number() over (
            partition by measured.observation_date
            order by
                measured.customers_eta_squared desc nulls last, measured.simplicity asc
        ) = 1 as is_best
    from measured
    cross join versions

)

select * from final

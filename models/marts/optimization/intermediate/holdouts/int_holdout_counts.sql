{% set is_few_buyers -%}
    totals.outcome_orders__nonzero_count between 1 and {{ var('minimum_cell_size') - 1 }}
{%- endset %}

with

holdouts as (

    select * from {{ ref('int_customer_holdouts') }}

),

training_date as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_training

),

-- The share of a small cell is not shown, nor anything that follows from it.
buyer_shares as (

    select
        totals.segment_id,
        -- Few buyers are counted as none: the share of all would tell of them.
        case
            when {{ is_few_buyers }} then 0
            else
                cast(totals.outcome_orders__nonzero_count as double)
                / nullif(totals.outcome_orders__count, 0)
        end as buyer_share,
        {{ is_few_buyers }} as is_hidden
    from {{ ref('int_segment_measure_totals') }} as totals
    inner join training_date
        on totals.observation_date = training_date.observation_date
    where not totals.is_overall
        and totals.segmentation_name = '{{ segmentation_name() }}'
        and totals.outcome_orders__count >= {{ var('minimum_cell_size') }}

),

final as (

    select
        ---------- ids
        holdouts.campaign_id,
        holdouts.segment_id,

        ---------- numerics
        count(*) as customers,
        count(*) filter (where holdouts.is_held_out) as customers_held_out,
        round({{ exact_mean('holdouts.holdout_share') }}, 6) as holdout_share,
        case
            when grouping(holdouts.segment_id) = 1
                or not coalesce(bool_or(buyer_shares.is_hidden), false)
                then round({{ exact_mean('buyer_shares.buyer_share') }}, 6)
        end as buyer_share,
        max(campaigns.expected_effect) as expected_effect,

        ---------- booleans
        grouping(holdouts.segment_id) = 1 as is_overall
    from holdouts
    left join buyer_shares
        on holdouts.segment_id = buyer_shares.segment_id
    left join {{ ref('holdout_campaigns') }} as campaigns
        on holdouts.campaign_id = campaigns.campaign_id
    where not holdouts.is_in_both_arms
    group by holdouts.campaign_id, rollup(holdouts.segment_id)

)

select * from final

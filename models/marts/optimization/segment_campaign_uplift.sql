{{ config(post_hook={
    'sql': '{{ report_unbalanced_campaigns() }}', 'transaction': false
}) }}

with

effects as (

    select * from {{ ref('int_campaign_effects') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

labels as (

    select * from {{ ref('int_segment_labels') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

final as (

    select
        ---------- ids
        effects.campaign_id,
        cast(effects.segment_id as bigint) as segment_id,
        versions.segmentation_version,

        ---------- strings
        labels.segment_name,
        effects.outcome,
        effects.estimate_missing_reason,

        ---------- numerics
        effects.customers_treated,
        effects.customers_control,
        effects.customers_excluded,
        effects.customers_without_segment,
        effects.treated_estimate,
        effects.control_estimate,
        effects.difference,
        effects.cuped_difference,
        effects.difference_low,
        effects.cuped_difference_low,
        effects.difference_high,
        effects.cuped_difference_high,
        effects.p_value,
        effects.adjusted_p_value,
        effects.heterogeneity_p_value,
        effects.expected_difference,
        effects.expected_difference_low,
        effects.expected_difference_high,
        effects.cost_per_customer,
        effects.segment_balance_p_value,
        effects.spend_before_p_value,
        effects.spend_before_difference,
        effects.control_share_p_value,

        ---------- booleans
        effects.is_overall,
        effects.is_balanced,
        effects.is_heterogeneous,
        effects.is_significant,
        effects.is_reliable,

        ---------- dates
        effects.first_contacted_on,
        effects.last_contacted_on
    from effects
    cross join versions
    left join labels
        on versions.segmentation_version = labels.segmentation_version
            and effects.segment_id = labels.segment_id

)

select * from final

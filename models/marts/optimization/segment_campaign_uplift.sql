{{ config(post_hook={
    'sql': '{{ report_unbalanced_campaigns() }}', 'transaction': false
}) }}

-- What is measured and not shown is hidden here: int_segment_measured_effects reads it.
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
        {%- for column in [
            'treated_estimate', 'control_estimate', 'difference', 'cuped_difference',
            'difference_low', 'cuped_difference_low', 'difference_high',
            'cuped_difference_high', 'p_value', 'adjusted_p_value',
            'heterogeneity_p_value', 'expected_difference', 'expected_difference_low',
            'expected_difference_high'
        ] %}
        case
            when effects.estimate_missing_reason is null then effects.{{ column }}
        end as {{ column }},
        {%- endfor %}
        effects.cost_per_customer,
        effects.segment_balance_p_value,
        effects.spend_before_p_value,
        effects.spend_before_difference,
        effects.control_share_p_value,

        ---------- booleans
        effects.is_overall,
        effects.is_balanced,
        effects.is_heterogeneous,
        case
            when effects.estimate_missing_reason is null then effects.is_significant
        end as is_significant,
        effects.estimate_missing_reason is null and effects.is_reliable as is_reliable,

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

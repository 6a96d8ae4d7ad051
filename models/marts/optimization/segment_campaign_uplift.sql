{{ config(post_hook={
    'sql': '{{ report_unbalanced_campaigns() }}', 'transaction': false
}) }}

with

intervals as (

    select * from {{ ref('int_campaign_intervals') }}

),

balance as (

    select * from {{ ref('int_campaign_balance_tests') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

final as (

    select
        ---------- ids
        intervals.campaign_id,
        cast(intervals.segment_id as bigint) as segment_id,
        versions.segmentation_version,

        ---------- strings
        labels.segment_name,
        intervals.outcome,
        intervals.estimate_missing_reason,

        ---------- numerics
        intervals.treated_customers as customers_treated,
        intervals.control_customers as customers_control,
        intervals.customers - intervals.treated_customers - intervals.control_customers
            as customers_excluded,
        intervals.customers_without_segment,
        intervals.treated_estimate,
        intervals.control_estimate,
        intervals.difference,
        intervals.difference_low,
        intervals.difference_high,
        {{ published_p_value('intervals.p_value') }} as p_value,
        {{ published_p_value('intervals.adjusted_p_value') }} as adjusted_p_value,
        intervals.cost_per_customer,
        {%- for column in ['segment_balance_p_value', 'spend_before_p_value'] %}
        case
            when intervals.is_overall then {{ published_p_value('balance.' ~ column) }}
        end as {{ column }},
        {%- endfor %}
        case when intervals.is_overall then round(balance.spend_before_difference, 6) end
            as spend_before_difference,

        ---------- booleans
        intervals.is_overall,
        balance.is_balanced,
        intervals.adjusted_p_value < 1 - {{ var('confidence_level') }}
            as is_significant,
        intervals.estimate_missing_reason is null
        and least(intervals.treated_customers, intervals.control_customers)
            >= {{ var('minimum_reliable_customers') }}
        and coalesce(balance.is_balanced, true) as is_reliable,

        ---------- dates
        intervals.first_contacted_on,
        intervals.last_contacted_on
    from intervals
    cross join versions
    left join balance
        on intervals.campaign_id = balance.campaign_id
    left join labels
        on versions.segmentation_version = labels.segmentation_version
            and intervals.segment_id = labels.segment_id

)

select * from final

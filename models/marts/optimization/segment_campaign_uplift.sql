with

arms as (

    select * from {{ ref('int_campaign_arms') }}

),

tests as (

    select * from {{ ref('int_campaign_tests') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

-- Without an estimate only the sizes of the arms are shown.
compared as (

    select
        arms.*,
        {%- for arm in ['treated', 'control'] %}
        case
            when arms.estimate_missing_reason is null then arms.{{ arm }}_mean
        end as {{ arm }}_estimate,
        arms.{{ arm }}_deviation / sqrt(arms.{{ arm }}_customers)
            as {{ arm }}_standard_error,
        {%- endfor %}
        tests.p_value,
        tests.adjusted_p_value
    from arms
    left join tests
        on arms.campaign_id = tests.campaign_id
            and arms.outcome = tests.outcome
            and coalesce(arms.segment_id, -1) = coalesce(tests.segment_id, -1)

),

bounded as (

    select
        *,
        {%- for arm in ['treated', 'control'] %}
        {%- for name, side in [('low', -1), ('high', 1)] %}
        case
            when treated_estimate is null then null
            when outcome = 'conversion'
                then {{ wilson_bound(
                    arm ~ '_estimate', 'nullif(' ~ arm ~ '_customers, 0)', side
                ) }}
            else {{ skewed_bound(
                arm ~ '_estimate', arm ~ '_standard_error', arm ~ '_skewness',
                'nullif(' ~ arm ~ '_customers, 0)', side
            ) }}
        end as {{ arm }}_{{ name }}{{ ',' if not (loop.last and arm == 'control') }}
        {%- endfor %}
        {%- endfor %}
    from compared

),

final as (

    select
        ---------- ids
        bounded.campaign_id,
        cast(bounded.segment_id as bigint) as segment_id,
        versions.segmentation_version,

        ---------- strings
        labels.segment_name,
        bounded.outcome,
        bounded.estimate_missing_reason,

        ---------- numerics
        bounded.treated_customers as customers_treated,
        bounded.control_customers as customers_control,
        bounded.customers - bounded.treated_customers - bounded.control_customers
            as customers_excluded,
        bounded.customers_without_segment,
        round(bounded.treated_estimate, 6) as treated_estimate,
        round(bounded.control_estimate, 6) as control_estimate,
        round(bounded.treated_estimate - bounded.control_estimate, 6) as difference,
        round(
            {{ difference_bound(
                'bounded.treated_estimate', 'bounded.treated_low',
                'bounded.control_estimate', 'bounded.control_high', -1
            ) }},
            6
        ) as difference_low,
        round(
            {{ difference_bound(
                'bounded.treated_estimate', 'bounded.treated_high',
                'bounded.control_estimate', 'bounded.control_low', 1
            ) }},
            6
        ) as difference_high,
        {{ published_p_value('bounded.p_value') }} as p_value,
        {{ published_p_value('bounded.adjusted_p_value') }} as adjusted_p_value,
        bounded.cost_per_customer,

        ---------- booleans
        bounded.is_overall,
        bounded.adjusted_p_value < 1 - {{ var('confidence_level') }} as is_significant,
        bounded.estimate_missing_reason is null
        and least(bounded.treated_customers, bounded.control_customers)
            >= {{ var('minimum_reliable_customers') }} as is_reliable,

        ---------- dates
        bounded.first_contacted_on,
        bounded.last_contacted_on
    from bounded
    cross join versions
    left join labels
        on versions.segmentation_version = labels.segmentation_version
            and bounded.segment_id = labels.segment_id

)

select * from final

{# The difference of the arms with its interval. #}
{% set arms = ['treated', 'control'] %}
{% set is_measured -%}
    coalesce(arms.estimate_missing_reason, 'tells_another_segment')
    = 'tells_another_segment'
{%- endset %}

with

arms as (

    select * from {{ ref('int_campaign_arms') }}

),

tests as (

    select * from {{ ref('int_campaign_tests') }}

),

-- Without an estimate nothing about the arms is shown but who was in them. What would
-- only tell of another segment is measured, to act on; it is not published.
compared as (

    select
        arms.*,
        {%- for arm in arms %}
        case
            when {{ is_measured }} then arms.{{ arm }}_mean
        end as {{ arm }}_estimate,
        arms.{{ arm }}_deviation / sqrt(arms.{{ arm }}_customers)
            as {{ arm }}_standard_error,
        {%- endfor %}
        tests.p_value,
        tests.adjusted_p_value,
        tests.heterogeneity_p_value,
        -- A slope needs more than a few customers to be one of them all.
        case
            when arms.treated_before_buyers + arms.control_before_buyers
                >= {{ var('minimum_reliable_customers') }} then tests.cuped_difference
        end as cuped_difference,
        tests.cuped_standard_error
    from arms
    left join tests
        on arms.campaign_id = tests.campaign_id
            and arms.outcome = tests.outcome
            and coalesce(arms.segment_id, -1) = coalesce(tests.segment_id, -1)
            and {{ is_measured }}

),

bounded as (

    select
        *,
        {%- for arm in arms %}
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
        campaign_id,
        segment_id,

        ---------- strings
        outcome,
        estimate_missing_reason,

        ---------- numerics
        customers,
        customers_without_segment,
        treated_customers,
        control_customers,
        round(treated_estimate, 6) as treated_estimate,
        round(control_estimate, 6) as control_estimate,
        round(treated_estimate - control_estimate, 6) as difference,
        round({{ difference_bound(
            'treated_estimate', 'treated_low', 'control_estimate', 'control_high', -1
        ) }}, 6) as difference_low,
        round({{ difference_bound(
            'treated_estimate', 'treated_high', 'control_estimate', 'control_low', 1
        ) }}, 6) as difference_high,
        round(cuped_difference, 6) as cuped_difference,
        {%- for name, side in [('low', -1), ('high', 1)] %}
        round({{ normal_bound('cuped_difference', 'cuped_standard_error', side) }}, 6)
            as cuped_difference_{{ name }},
        {%- endfor %}
        p_value,
        adjusted_p_value,
        heterogeneity_p_value,
        cost_per_customer,

        ---------- booleans
        is_overall,
        is_large_enough,
        heterogeneity_p_value < 1 - {{ var('confidence_level') }} as is_heterogeneous,

        ---------- dates
        first_contacted_on,
        last_contacted_on
    from bounded

)

select * from final

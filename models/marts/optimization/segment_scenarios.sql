{#
    What a scenario would do to the measure of a segment. An experiment replaces the
    assumption whatever it found: keeping the assumption where nothing was found, or only
    taking up what is significant, would make every campaign look better than it is. Nor
    is a segment chosen by chance: where the campaign does not show that its effects differ
    between segments, each may expect that of all customers.

    value        the difference in spend per customer
    conversion   the difference in the share of customers who buy; each buyer more counts
                 as one more visit that converts
#}
with

scenarios as (

    select
        *,
        {{ money_identity_of_measure() }} as money_identity
    from {{ ref('optimization_scenarios') }}

),

segments as (

    select * from {{ ref('segments') }}
    where is_in_use

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

evaluation as (

    select evaluation.*
    from {{ ref('segment_evaluation') }} as evaluation
    inner join current_observation
        on evaluation.observation_date = current_observation.observation_date
    where evaluation.evaluation_window = 'observed'

),

totals as (

    select totals.*
    from {{ ref('int_segment_measure_totals') }} as totals
    inner join current_observation
        on totals.observation_date = current_observation.observation_date
    where not totals.is_overall

),

ranked_experiments as (

    select
        *,
        {{ measure_of_campaign_outcome() }} as measure,
        row_number() over (
            partition by segment_id, outcome
            order by last_contacted_on desc, campaign_id asc
        ) as recency_rank
    from {{ ref('segment_campaign_uplift') }}
    where is_reliable and not is_overall

),

experiments as (

    select * from ranked_experiments
    where recency_rank = 1

),

planned as (

    select
        scenarios.scenario,
        scenarios.measure,
        segments.segment_id,
        segments.segment_name,
        segments.segmentation_version,
        segments.customers,
        experiments.campaign_id,
        case
            when experiments.campaign_id is null then scenarios.source
            else 'measured: campaign ' || experiments.campaign_id
                || if(experiments.is_heterogeneous is false, ', all segments', '')
        end as source,
        scenarios.uplift as assumed_uplift,
        coalesce(experiments.cost_per_customer, scenarios.cost_per_customer)
            as cost_per_customer,
        evaluation.estimate as baseline,
        evaluation.ci_low as baseline_low,
        evaluation.ci_high as baseline_high,
        {%- for column in ['difference', 'difference_low', 'difference_high'] %}
        case scenarios.money_identity
            when 'visits'
                then experiments.expected_{{ column }} * segments.customers
                    / nullif(totals.trailing_visits, 0)
            else experiments.expected_{{ column }}
        end as {{ column }},
        {%- endfor %}
        experiments.campaign_id is not null or coalesce(evaluation.is_reliable, false)
            as is_reliable,
        case
            when experiments.campaign_id is not null
                and scenarios.money_identity = 'visits'
                and coalesce(totals.trailing_visits, 0) = 0
                then 'no_visits'
            when evaluation.estimate is null then 'no_baseline'
            when experiments.campaign_id is null and evaluation.estimate < 0
                then 'negative_baseline'
        end as target_missing_reason
    from scenarios
    inner join segments
        on scenarios.segment in ('all', cast(segments.segment_id as string))
    left join evaluation
        on segments.segment_id = evaluation.segment_id
            and scenarios.measure = evaluation.measure
    left join totals
        on segments.segment_id = totals.segment_id
    left join experiments
        on segments.segment_id = experiments.segment_id
            and scenarios.measure = experiments.measure

),

-- What is added to the measure if the baseline, or the difference, is at its estimate
-- and at either end of its interval.
changed as (

    select
        *,
        {%- for name, baseline, difference in [
            ('increment', 'baseline', 'difference'),
            ('increment_at_low', 'greatest(baseline_low, 0)', 'difference_low'),
            ('increment_at_high', 'baseline_high', 'difference_high')
        ] %}
        case
            when target_missing_reason is not null then null
            when campaign_id is not null
                then {{ on_scale_of_measure('baseline + ' ~ difference) }} - baseline
            {%- if name != 'increment' %}
            when baseline_low is null then null
            {%- endif %}
            else {{ on_scale_of_measure(baseline ~ ' * (1 + assumed_uplift)') }}
                - {{ baseline }}
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from planned

),

final as (

    select
        ---------- ids
        changed.scenario,
        changed.segment_id,
        changed.measure,
        changed.segmentation_version,
        changed.campaign_id,

        ---------- strings
        changed.segment_name,
        if(changed.campaign_id is null, 'assumed', 'measured') as evidence,
        changed.source,
        changed.target_missing_reason,

        ---------- numerics
        changed.assumed_uplift,
        round(changed.baseline, 6) as baseline,
        round(changed.baseline + changed.increment, 6) as target,
        round(changed.increment, 6) as increment,
        -- A baseline without an interval gives none.
        {%- for extreme, end in [('least', 'low'), ('greatest', 'high')] %}
        case
            when changed.increment_at_{{ end }} is not null
                then round(
                    {{ extreme }}(
                        changed.increment,
                        changed.increment_at_low,
                        changed.increment_at_high
                    ),
                    6
                )
        end as increment_{{ end }},
        {%- endfor %}
        changed.customers as customers_affected,
        changed.cost_per_customer,

        ---------- booleans
        changed.is_reliable,

        ---------- dates
        current_observation.observation_date
    from changed
    cross join current_observation

)

select * from final

{# What a scenario would make of the measure of a segment. #}
with

plans as (

    select * from {{ ref('int_scenario_plans') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

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
    from plans

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
        changed.baseline_window,
        changed.target_missing_reason,

        ---------- numerics
        changed.assumed_uplift,
        round(changed.baseline, 6) as baseline,
        changed.season_factor,
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
        changed.customers_affected,
        changed.units_per_customer,
        changed.cost_per_customer,

        ---------- booleans
        changed.is_reliable,
        changed.baseline_holds,

        ---------- dates
        changed.baseline_start_date,
        changed.baseline_end_date,
        current_observation.observation_date
    from changed
    cross join current_observation

)

select * from final

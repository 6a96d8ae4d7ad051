{#
    Whether baselines of the training date would have come: what each segment spent
    after the date before it, times the customers in the segment on the training date,
    against what all of these spent in the window after it.
#}
with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where outcome_end_date is not null

),

season_factors as (

    select * from {{ ref('int_season_factors') }}

),

evaluation as (

    select
        segment_id,
        observation_date,
        customers,
        -- What is not known of a segment is that of all, without an interval; where
        -- this is hidden too, hardly anybody of the segment spent anything.
        coalesce(estimate, overall_estimate, 0) as estimate,
        coalesce(ci_low, estimate, overall_estimate, 0) as ci_low,
        coalesce(ci_high, estimate, overall_estimate, 0) as ci_high
    from {{ ref('int_segment_intervals') }}
    where measure = 'value'
        and evaluation_window = 'outcome'
        and segmentation_name = '{{ segmentation_name() }}'

),

checked_dates as (

    select
        training.observation_date,
        earlier.observation_date as earlier_date,
        coalesce(season_factors.season_factor, 1) as season_factor
    from observation_dates as training
    inner join observation_dates as earlier
        on training.observation_date = earlier.outcome_end_date
    inner join season_factors
        on training.observation_date = season_factors.observation_date
    where training.is_training

),

-- The interval of a sum of independent estimates from that of each, as for the
-- difference of two in macros/intervals.sql.
expected as (

    select
        checked_dates.observation_date,
        checked_dates.season_factor,
        sum(evaluation.customers) as customers,
        sum(evaluation.customers * evaluation.estimate) as spend,
        sum(evaluation.customers * earlier.estimate) as estimate,
        {%- for side in ['low', 'high'] %}
        sqrt(sum(power(
            evaluation.customers * (earlier.ci_{{ side }} - earlier.estimate), 2
        ))) as reach_{{ side }}{{ ',' if not loop.last }}
        {%- endfor %}
    from checked_dates
    inner join evaluation
        on checked_dates.observation_date = evaluation.observation_date
    inner join evaluation as earlier
        on checked_dates.earlier_date = earlier.observation_date
            and evaluation.segment_id = earlier.segment_id
    group by checked_dates.observation_date, checked_dates.season_factor

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- numerics
        customers,
        round(spend / customers, 6) as spend_per_customer,
        round(season_factor * estimate / customers, 6) as expected_spend,
        round(season_factor * (estimate - reach_low) / customers, 6)
            as expected_spend_low,
        round(season_factor * (estimate + reach_high) / customers, 6)
            as expected_spend_high,

        ---------- booleans
        spend between season_factor * (estimate - reach_low)
        and season_factor * (estimate + reach_high) as baseline_holds
    from expected

)

select * from final

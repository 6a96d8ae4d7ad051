{#
    What customers of the training date did in the window after it. What those of today
    did last is why they are in a segment; what they do next is closer to the mean.
#}
{% set measures_with_windows = quoted(measures_in_window('outcome')) %}

with

observation_dates as (

    select
        *,
        coalesce(outcome_end_date, observation_date) as window_end_date,
        max(observation_date) over () as current_observation
    from {{ ref('int_observation_dates') }}
    where is_current or is_training

),

-- The observed window stands in where there is no outcome, or none yet.
ranked as (

    select
        evaluation.*,
        {{ money_identity_of_measure() }} as money_identity,
        row_number() over (
            partition by evaluation.segment_id, evaluation.measure
            order by case evaluation.evaluation_window when 'outcome' then 0 else 1 end
        ) as choice,
        case evaluation.evaluation_window
            when 'outcome' then observation_dates.observation_date
            else observation_dates.trailing_start_date
        end as window_start_date,
        observation_dates.window_end_date,
        observation_dates.current_observation
    from {{ ref('int_segment_intervals') }} as evaluation
    inner join observation_dates
        on evaluation.observation_date = observation_dates.observation_date
            and evaluation.segmentation_name = '{{ segmentation_name() }}'
    where (evaluation.evaluation_window = 'outcome' and observation_dates.is_training)
        or (evaluation.evaluation_window = 'observed' and observation_dates.is_current)

),

-- As everybody spends more in a season, so more visit or come back.
seasonal as (

    select
        ranked.*,
        season_factors.season_factor,
        coalesce(season_factors.season_factor, 1) as factor
    from ranked
    left join {{ ref('int_season_factors') }} as season_factors
        on ranked.current_observation = season_factors.observation_date
            and ranked.evaluation_window = 'outcome'
            and ranked.money_identity <> 'none'
    where ranked.choice = 1

),

final as (

    select
        ---------- ids
        seasonal.segment_id,
        seasonal.measure,

        ---------- strings
        seasonal.evaluation_window as baseline_window,
        seasonal.money_identity,

        ---------- numerics
        {%- for column, name in {
            'estimate': 'baseline', 'ci_low': 'baseline_low', 'ci_high': 'baseline_high'
        }.items() %}
        case seasonal.money_identity
            when 'customers' then round(seasonal.{{ column }} * seasonal.factor, 6)
            else seasonal.{{ column }}
        end as {{ name }},
        {%- endfor %}
        seasonal.season_factor,
        case seasonal.money_identity
            when 'customers' then 1
            when 'buyers'
                then round(
                    seasonal.factor * totals.outcome_retained__count
                    / totals.customers, 9
                )
            when 'visits'
                then round(
                    seasonal.factor * case seasonal.evaluation_window
                        when 'outcome' then totals.outcome_visits
                        else totals.trailing_visits
                    end / totals.customers, 9
                )
        end as units_per_customer,

        ---------- booleans
        seasonal.is_reliable,
        baseline_check.baseline_holds,

        ---------- dates
        {%- for name in ['start', 'end'] %}
        case
            when seasonal.measure in ({{ measures_with_windows }})
                then seasonal.window_{{ name }}_date
        end as baseline_{{ name }}_date{{ ',' if not loop.last }}
        {%- endfor %}
    from seasonal
    left join {{ ref('int_segment_measure_totals') }} as totals
        on seasonal.observation_date = totals.observation_date
            and seasonal.segment_id = totals.segment_id
            and not totals.is_overall
            and totals.segmentation_name = '{{ segmentation_name() }}'
    left join {{ ref('int_baseline_check') }} as baseline_check
        on seasonal.evaluation_window = 'outcome'

)

select * from final

with

segments as (

    select * from {{ ref('segments') }}
    where customers > 0

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

evaluation as (

    select
        evaluation.segmentation_name,
        evaluation.segment_id,
        count(*) filter (where evaluation.evaluation_window = 'observed')
            as observed_measures,
        count(*) filter (where evaluation.evaluation_window = 'outcome')
            as outcome_measures,
        max(evaluation.customers) as customers_evaluated
    from {{ ref('segment_evaluation') }} as evaluation
    inner join observation_dates
        on evaluation.observation_date = observation_dates.observation_date
    where observation_dates.is_current
    group by evaluation.segmentation_name, evaluation.segment_id

)

select *
from segments
left join evaluation using (segmentation_name, segment_id)
where coalesce(observed_measures, 0)
    <> {{ measures_in_window('observed') | length }}
    or coalesce(outcome_measures, 0) <> 0
    or customers_evaluated <> customers

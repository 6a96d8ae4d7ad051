with

estimates as (

    select * from {{ ref('int_segment_estimates') }}
    where interval_kind <> 'ratio'

),

compared as (

    select
        segmentation_name,
        observation_date,
        measure,
        evaluation_window,
        sum(estimate * customers_measured) filter (where not is_overall)
        / nullif(sum(customers_measured) filter (where not is_overall), 0)
            as mean_of_segments,
        max(estimate) filter (where is_overall) as overall_estimate
    from estimates
    group by segmentation_name, observation_date, measure, evaluation_window

)

select *
from compared
where abs(mean_of_segments - overall_estimate)
    > 0.000001 * greatest(abs(overall_estimate), 1)
    or (mean_of_segments is null) <> (overall_estimate is null)

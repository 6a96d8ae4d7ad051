with

segment_drift as (

    select * from {{ ref('segment_drift') }}

)

select
    observation_date,
    sum(contribution) as total_contribution,
    max(population_stability_index) as population_stability_index,
    sum(customer_share) as total_share,
    sum(training_share) as total_training_share
from segment_drift
group by observation_date
-- Each number is rounded on its own.
having abs(sum(contribution) - max(population_stability_index)) > 0.000001
    or min(population_stability_index) <> max(population_stability_index)
    or abs(sum(customer_share) - 1) > 0.000001 * count(*)
    or abs(sum(training_share) - 1) > 0.000001 * count(*)

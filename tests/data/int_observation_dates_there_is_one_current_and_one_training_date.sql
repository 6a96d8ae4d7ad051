with

roles as (

    select
        count(*) filter (where is_current) as current_dates,
        count(*) filter (where is_training) as training_dates
    from {{ ref('int_observation_dates') }}

)

select *
from roles
where current_dates <> 1
    or training_dates <> 1

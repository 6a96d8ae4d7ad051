with

open_rows as (

    select * from {{ ref('customer_segment_snapshot') }}
    where dbt_valid_to is null

),

assignments as (

    select assignments.*
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on assignments.observation_date = observation_dates.observation_date
    where observation_dates.is_current

)

select
    coalesce(open_rows.customer_id, assignments.customer_id) as customer_id,
    open_rows.segment_id as segment_of_history,
    assignments.segment_id as segment_of_today
from open_rows
full outer join assignments
    on open_rows.segmentation_name = assignments.segmentation_name
        and open_rows.customer_id = assignments.customer_id
where open_rows.customer_id is null
    or assignments.customer_id is null
    or open_rows.segment_id <> assignments.segment_id
    or open_rows.segmentation_version <> assignments.segmentation_version

{# Written once for each: the builds that follow have other observation dates. #}
with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

first_build as (

    select
        segmentation_name,
        min(observation_date) as observation_date
    from {{ ref('customer_segment_snapshot') }}
    group by segmentation_name

),

final as (

    select
        ---------- ids
        assignments.segmentation_name,
        assignments.customer_id,
        cast(assignments.segment_id as bigint) as segment_id,
        assignments.segmentation_version,

        ---------- dates
        assignments.observation_date
    from assignments
    inner join first_build
        on assignments.segmentation_name = first_build.segmentation_name
            and assignments.observation_date < first_build.observation_date
    {%- if is_incremental() %}
    where assignments.segmentation_name not in (
        select written.segmentation_name from {{ this }} as written
    )
    {%- endif %}

)

select * from final

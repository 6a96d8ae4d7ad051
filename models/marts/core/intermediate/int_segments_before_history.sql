{# Written once: the builds that follow have other observation dates. #}
with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

first_build as (

    select min(observation_date) as observation_date
    from {{ ref('customer_segment_snapshot') }}

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
        on assignments.observation_date < first_build.observation_date
    {%- if is_incremental() %}
    where not exists (select 1 from {{ this }})
    {%- endif %}

)

select * from final

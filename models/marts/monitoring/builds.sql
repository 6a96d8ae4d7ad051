{#
    A view, because a build ends after its last model: as a table it would not know how.
#}
{{ config(materialized='view') }}

with

build_log as (

    select * from {{ ref('int_build_log') }}

),

beginnings as (

    select * from build_log
    where event = 'began'

),

ends as (

    select * from build_log
    where event = 'ended'

),

final as (

    select
        ---------- ids
        beginnings.build_id,
        ends.segmentation_version,

        ---------- strings
        beginnings.command,
        beginnings.selection,
        ends.status,
        beginnings.dbt_version,
        beginnings.project_version,
        beginnings.git_commit,
        beginnings.configuration_hash,

        ---------- numerics
        beginnings.minimum_cell_size,

        ---------- timestamps
        beginnings.happened_at as started_at,
        ends.happened_at as ended_at
    from beginnings
    left join ends
        on beginnings.build_id = ends.build_id

)

select * from final

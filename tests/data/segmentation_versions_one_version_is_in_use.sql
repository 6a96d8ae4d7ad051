with

versions as (

    select
        segmentation_name,
        count(*) as fitted_versions,
        count(*) filter (where is_in_use) as versions_in_use
    from {{ ref('segmentation_versions') }}
    group by segmentation_name

)

select *
from versions
where versions_in_use <> least(fitted_versions, 1)

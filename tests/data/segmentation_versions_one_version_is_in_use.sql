with

versions as (

    select
        count(*) as fitted_versions,
        count(*) filter (where is_in_use) as versions_in_use
    from {{ ref('segmentation_versions') }}

)

select *
from versions
where versions_in_use <> least(fitted_versions, 1)

with

versions as (

    select
        segmentation_name,
        count(*) filter (where is_in_use) as versions_in_use
    from {{ ref('segmentation_versions') }}
    group by segmentation_name

)

select *
from versions
where versions_in_use <> case
    when segmentation_name in ({{ quoted(segmentation_names()) }}) then 1
    else 0
end

with

versions as (

    select * from {{ ref('segmentation_versions') }}

),

labels as (

    select
        segmentation_name,
        segmentation_version,
        sum(training_customers) as training_customers,
        count(*) as segments
    from {{ ref('int_segment_labels') }}
    where segment_id <> {{ never_buyers_segment_id() }}
    group by segmentation_name, segmentation_version

)

select *
from versions
left join labels using (segmentation_name, segmentation_version)
where training_rows <> coalesce(training_customers, 0)
    or n_segments <> coalesce(segments, 0)

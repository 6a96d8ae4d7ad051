with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is not null
        and feature_name is null

),

versions as (

    select * from {{ ref('segmentation_versions') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

similarities as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        {{ registry_parameter('bootstrap_jaccard_mean') }} as bootstrap_jaccard_mean,
        {{ registry_parameter('bootstrap_jaccard_minimum') }}
            as bootstrap_jaccard_minimum
    from registry
    group by segmentation_name, segmentation_version, segment_id

),

final as (

    select
        ---------- ids
        similarities.segmentation_name,
        similarities.segmentation_version,
        similarities.segment_id,

        ---------- strings
        labels.segment_name,
        -- In the words of the documentation of clusterboot in the R package fpc.
        case
            when similarities.bootstrap_jaccard_mean <= 0.5 then 'dissolved'
            when similarities.bootstrap_jaccard_mean < 0.6 then 'doubtful'
            when similarities.bootstrap_jaccard_mean < 0.75 then 'pattern'
            when similarities.bootstrap_jaccard_mean < 0.85 then 'stable'
            when similarities.bootstrap_jaccard_mean <= 1 then 'highly_stable'
        end as stability_level,

        ---------- numerics
        labels.training_customers,
        round(similarities.bootstrap_jaccard_mean, 6) as bootstrap_jaccard_mean,
        round(similarities.bootstrap_jaccard_minimum, 6) as bootstrap_jaccard_minimum,

        ---------- booleans
        versions.is_in_use
    from similarities
    inner join versions
        on similarities.segmentation_name = versions.segmentation_name
            and similarities.segmentation_version = versions.segmentation_version
    inner join labels
        on similarities.segmentation_name = labels.segmentation_name
            and similarities.segmentation_version = labels.segmentation_version
            and similarities.segment_id = labels.segment_id

)

select * from final

{% set features_of = of_each_segmentation(scored_features) %}

with

intervals as (

    select * from {{ ref('int_segment_intervals') }}

),

labels as (

    select labels.*
    from {{ ref('int_segment_labels') }} as labels
    inner join {{ ref('segmentation_versions') }} as versions
        on labels.segmentation_name = versions.segmentation_name
            and labels.segmentation_version = versions.segmentation_version
    where versions.is_in_use

),

final as (

    select
        ---------- ids
        intervals.observation_date,
        intervals.segmentation_name,
        cast(intervals.segment_id as bigint) as segment_id,
        labels.segmentation_version,

        ---------- strings
        labels.segment_name,
        intervals.measure,
        intervals.evaluation_window,

        ---------- numerics
        intervals.customers,
        intervals.customers_measured,
        intervals.estimate,
        intervals.standard_error,
        intervals.ci_low,
        intervals.ci_high,
        intervals.overall_estimate,
        intervals.index_to_overall,

        ---------- booleans
        intervals.is_reliable,
        intervals.evaluation_window = 'observed'
        and case intervals.segmentation_name
            {%- for name, features in features_of.items() %}
            when '{{ name }}'
                then intervals.measure in (
                    {{ quoted(measures_of_features(features)) }}
                )
            {%- endfor %}
            else false
        end as is_clustering_input
    from intervals
    inner join labels
        on intervals.segmentation_name = labels.segmentation_name
            and intervals.segment_id = labels.segment_id

)

select * from final

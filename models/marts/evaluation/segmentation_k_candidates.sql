{{ config(post_hook={
    'sql': '{{ report_nothing_to_segment() }}', 'transaction': false
}) }}

{% set indices = [
    'minimum_jaccard', 'smallest_share', 'small_segment_share', 'explanation',
    'explanation_error', 'explained_log_spend', 'explained_orders',
    'explained_retention', 'prediction_strength', 'difference_from_best',
    'difference_error', 'inertia', 'silhouette', 'davies_bouldin', 'calinski_harabasz'
] %}

with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is null
        and feature_name is null
        and unit_number is not null

),

versions as (

    select * from {{ ref('segmentation_versions') }}

),

candidates as (

    select
        segmentation_name,
        segmentation_version,
        unit_number as k,
        {{ registry_parameter('candidate_reason', 'string') }} as reason,
        {%- for index in indices %}
        {{ registry_parameter('candidate_' ~ index) }} as {{ index }},
        {%- endfor %}
        {{ registry_parameter('candidate_is_chosen') }} as is_chosen
    from registry
    group by segmentation_name, segmentation_version, unit_number

),

final as (

    select
        ---------- ids
        candidates.segmentation_name,
        candidates.segmentation_version,
        candidates.k,

        ---------- strings
        candidates.reason,

        ---------- numerics
        {%- for index in indices %}
        round(candidates.{{ index }}, 6) as {{ index }},
        {%- endfor %}

        ---------- booleans
        candidates.is_chosen = 1 as is_chosen,
        versions.is_in_use,
        versions.selection_end_date <= versions.training_date as is_out_of_time,

        ---------- dates
        versions.selection_date
    from candidates
    inner join versions
        on candidates.segmentation_name = versions.segmentation_name
            and candidates.segmentation_version = versions.segmentation_version
    where candidates.is_chosen is not null

)

select * from final

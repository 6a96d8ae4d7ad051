{{ config(materialized='view') }}

{#
    The segment that the scorer of the version in use gives a customer on every date, and
    how the customer lies to the centres of the segments.
#}
{% set features = scored_features() %}
{% set segment_ids = scored_segments() %}

with

-- Of the three only that of the version in use has rows.
scored as (

    select * from {{ ref('int_quadratic_assignments') }}
    union all
    select * from {{ ref('int_rules_assignments') }}
    union all
    select * from {{ ref('int_network_assignments') }}

),

-- All centroids in one row: a distance is then arithmetic on columns.
centroids as (

    select
        {%- for segment_id in segment_ids %}
        {%- for feature in features %}
        max(centroids.centroid) filter (
            where centroids.segment_id = {{ segment_id }}
            and centroids.feature_name = '{{ feature }}'
        ) as {{ feature }}_{{ segment_id }},
        {%- endfor %}
        {%- endfor %}
        max(versions.outlier_distance) as outlier_distance,
        versions.segmentation_name
    from {{ ref('segmentation_centroids') }} as centroids
    inner join {{ ref('segmentation_versions') }} as versions
        on centroids.segmentation_name = versions.segmentation_name
            and centroids.segmentation_version = versions.segmentation_version
            and versions.is_in_use
    group by versions.segmentation_name

),

distances as (

    select
        scored.observation_date,
        scored.customer_id,
        scored.segmentation_name,
        scored.segmentation_version,
        scored.segment_id,
        scored.is_noise,
        centroids.outlier_distance,
        {%- for segment_id in segment_ids %}
        sqrt(
            {%- for feature in features %}
            (scored.{{ feature }} - centroids.{{ feature }}_{{ segment_id }})
            * (scored.{{ feature }} - centroids.{{ feature }}_{{ segment_id }})
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) as distance_{{ segment_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scored
    inner join centroids
        on scored.segmentation_name = centroids.segmentation_name

),

second_nearest as (

    select
        *,
        case segment_id
            {%- for segment_id in segment_ids %}
            when {{ segment_id }} then distance_{{ segment_id }}
            {%- endfor %}
        end as distance,
        least(
            {%- for segment_id in segment_ids %}
            case when segment_id <> {{ segment_id }} then distance_{{ segment_id }} end
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as second_distance
    from distances

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        segment_id,
        cast(
            case
                {%- for segment_id in segment_ids %}
                when segment_id <> {{ segment_id }}
                    and distance_{{ segment_id }} <= second_distance
                    then {{ segment_id }}
                {%- endfor %}
            end as bigint
        ) as second_segment_id,

        ---------- numerics
        distance,
        second_distance,

        ---------- booleans
        -- A version that nobody was fitted to has no such distance.
        coalesce(is_noise or distance > outlier_distance, false) as is_outlier
    from second_nearest

)

select * from final

{{ config(materialized='view') }}

{#
    The segment that the scorer of the version in use of each segmentation gives a
    customer on every date, and how the customer lies to the centres of the segments.
#}
{% set features_of = of_each_segmentation(scored_features) %}
{% set segments_of = of_each_segmentation(scored_segments) %}

with

-- Of the three only that of its version in use has rows of a segmentation.
scored as (

    select * from {{ ref('int_quadratic_assignments') }}
    union all
    select * from {{ ref('int_rules_assignments') }}
    union all
    select * from {{ ref('int_network_assignments') }}

),

{% for name, features in features_of.items() %}
{%- set segment_ids = segments_of[name] %}
-- All centroids in one row: a distance is then arithmetic on columns.
centroids_of_{{ name }} as (

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
    where versions.segmentation_name = '{{ name }}'
    group by versions.segmentation_name

),

distances_of_{{ name }} as (

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
    inner join centroids_of_{{ name }} as centroids
        on scored.segmentation_name = centroids.segmentation_name
    where scored.segmentation_name = '{{ name }}'

),

second_nearest_of_{{ name }} as (

    select
        *,
        case segment_id
            {%- for segment_id in segment_ids %}
            when {{ segment_id }} then distance_{{ segment_id }}
            {%- endfor %}
        end as distance,
        -- Spark compares two at least; both engines pass over a missing one.
        least(
            {%- for segment_id in segment_ids %}
            case when segment_id <> {{ segment_id }} then distance_{{ segment_id }} end,
            {%- endfor %}
            null
        ) as second_distance
    from distances_of_{{ name }}

),

{% endfor %}
final as (

    {% for name, segment_ids in segments_of.items() %}
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
    from second_nearest_of_{{ name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

{# The nearest centroid and the second nearest of every customer on every date. #}
{% set features = scored_features() %}
{% set segment_ids = scored_segments() %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

-- All centroids in one row: a distance is then arithmetic on columns, with no join of
-- customers and segments and nothing to aggregate.
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
        max(versions.outlier_distance) as outlier_distance
    from {{ ref('segmentation_centroids') }} as centroids
    inner join versions
        on centroids.segmentation_version = versions.segmentation_version

),

distances as (

    select
        vectors.observation_date,
        vectors.customer_id,
        vectors.segmentation_version,
        centroids.outlier_distance,
        {%- for segment_id in segment_ids %}
        sqrt(
            {%- for feature in features %}
            (vectors.{{ feature }} - centroids.{{ feature }}_{{ segment_id }})
            * (vectors.{{ feature }} - centroids.{{ feature }}_{{ segment_id }})
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) as distance_{{ segment_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from vectors
    cross join centroids

),

-- Of segments equally near, the one with the lowest number.
nearest as (

    select
        *,
        least(
            {%- for segment_id in segment_ids %}
            distance_{{ segment_id }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as distance,
        case
            {%- for segment_id in segment_ids %}
            when distance_{{ segment_id }} <= distance then {{ segment_id }}
            {%- endfor %}
        end as segment_id
    from distances

),

second_nearest as (

    select
        *,
        least(
            {%- for segment_id in segment_ids %}
            case when segment_id <> {{ segment_id }} then distance_{{ segment_id }} end
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as second_distance
    from nearest

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_version,
        segment_id,
        case
            {%- for segment_id in segment_ids %}
            when segment_id <> {{ segment_id }}
                and distance_{{ segment_id }} <= second_distance
                then {{ segment_id }}
            {%- endfor %}
        end as second_segment_id,

        ---------- numerics
        distance,
        second_distance,

        ---------- booleans
        distance > outlier_distance as is_outlier
    from second_nearest

)

select * from final

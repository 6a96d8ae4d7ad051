{{ config(materialized='view') }}

{#
    The segment of every customer on every date in segmentations whose version in use
    scores by quadratic functions, such as the squared distance from a centroid.
#}
{% set features_of = of_each_segmentation(scored_features) %}
{% set segments_of = of_each_segmentation(scored_segments) %}
{% set all_features = features_of.values() | sum(start=[]) | unique | list %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'quadratic'

),

{% for name, features in features_of.items() %}
{%- set segment_ids = segments_of[name] %}
-- All parameters in one row: a score is then arithmetic on columns, with no join of
-- customers and segments and nothing to aggregate.
parameters_of_{{ name }} as (

    select
        {%- for segment_id in segment_ids %}
        {%- for feature in features %}
        {%- for parameter in ['centroid', 'score_curvature', 'score_slope'] %}
        max(terms.{{ parameter }}) filter (
            where terms.segment_id = {{ segment_id }}
            and terms.feature_name = '{{ feature }}'
        ) as {{ feature }}_{{ segment_id }}__{{ parameter }},
        {%- endfor %}
        {%- endfor %}
        max(terms.score_intercept) filter (
            where terms.segment_id = {{ segment_id }}
        ) as intercept_{{ segment_id }},
        {%- endfor %}
        versions.segmentation_name
    from {{ ref('int_segmentation_score_terms') }} as terms
    inner join versions
        on terms.segmentation_name = versions.segmentation_name
            and terms.segmentation_version = versions.segmentation_version
    where versions.segmentation_name = '{{ name }}'
    group by versions.segmentation_name

),

scored_for_{{ name }} as (

    select
        vectors.observation_date,
        vectors.customer_id,
        {%- for feature in all_features %}
        vectors.{{ feature }},
        {%- endfor %}
        {%- for segment_id in segment_ids %}
        {%- for feature in features %}
        {%- set term = feature ~ '_' ~ segment_id %}
        (vectors.{{ feature }} - parameters.{{ term }}__centroid)
        * (vectors.{{ feature }} - parameters.{{ term }}__centroid)
        * parameters.{{ term }}__score_curvature
        + vectors.{{ feature }} * parameters.{{ term }}__score_slope
        + {% endfor %}parameters.intercept_{{ segment_id }} as score_{{ segment_id }},
        {%- endfor %}
        vectors.segmentation_name,
        vectors.segmentation_version
    from vectors
    inner join parameters_of_{{ name }} as parameters
        on vectors.segmentation_name = parameters.segmentation_name
    where vectors.segmentation_name = '{{ name }}'

),

-- Of equal scores the first wins.
least_scored_for_{{ name }} as (

    select
        *,
        -- Spark compares two at least; both engines pass over a missing one.
        least(
            {%- for segment_id in segment_ids %}
            score_{{ segment_id }},
            {%- endfor %}
            null
        ) as least_score
    from scored_for_{{ name }}

),

{% endfor %}
final as (

    {% for name, features in features_of.items() %}
    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast(
            case
                {%- for segment_id in segments_of[name] %}
                when score_{{ segment_id }} <= least_score then {{ segment_id }}
                {%- endfor %}
            end as bigint
        ) as segment_id,

        ---------- numerics
        {%- for feature in all_features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        false as is_noise
    from least_scored_for_{{ name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

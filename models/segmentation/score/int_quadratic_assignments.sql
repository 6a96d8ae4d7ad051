{{ config(materialized='view') }}

{#
    The segment of every customer on every date where the version in use scores by
    quadratic functions, such as the squared distance from a centroid; else no rows.
#}
{% set features = scored_features() %}
{% set segment_ids = scored_segments() %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'quadratic'

),

-- All parameters in one row: a score is then arithmetic on columns, with no join of
-- customers and segments and nothing to aggregate.
parameters as (

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
    group by versions.segmentation_name

),

scored as (

    select
        vectors.observation_date,
        vectors.customer_id,
        {%- for feature in features %}
        vectors.{{ feature }},
        {%- endfor %}
        {%- for segment_id in segment_ids %}
        {%- for feature in features %}
        {%- set name = feature ~ '_' ~ segment_id %}
        (vectors.{{ feature }} - parameters.{{ name }}__centroid)
        * (vectors.{{ feature }} - parameters.{{ name }}__centroid)
        * parameters.{{ name }}__score_curvature
        + vectors.{{ feature }} * parameters.{{ name }}__score_slope
        + {% endfor %}parameters.intercept_{{ segment_id }} as score_{{ segment_id }},
        {%- endfor %}
        vectors.segmentation_name,
        vectors.segmentation_version
    from vectors
    inner join parameters
        on vectors.segmentation_name = parameters.segmentation_name

),

-- Of equal scores the first wins.
least_scored as (

    select
        *,
        least(
            {%- for segment_id in segment_ids %}
            score_{{ segment_id }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as least_score
    from scored

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast(
            case
                {%- for segment_id in segment_ids %}
                when score_{{ segment_id }} <= least_score then {{ segment_id }}
                {%- endfor %}
            end as bigint
        ) as segment_id,

        ---------- numerics
        {%- for feature in features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        false as is_noise
    from least_scored

)

select * from final

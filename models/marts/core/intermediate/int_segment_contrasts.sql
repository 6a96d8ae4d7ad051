{#
    By how much one segment scores above another, as a function of the scaled features:
    the sum of curvature * x^2 + slope * x + constant, plus intercept.
#}
{% set features = scored_features() %}

with

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'quadratic'
        and segmentation_name = '{{ segmentation_name() }}'

),

terms as (

    select
        terms.segment_id,
        terms.feature_name,
        terms.score_curvature as curvature,
        terms.score_slope - 2 * terms.score_curvature * terms.centroid as slope,
        terms.score_curvature * terms.centroid * terms.centroid as constant,
        terms.score_intercept as intercept
    from {{ ref('int_segmentation_score_terms') }} as terms
    inner join versions
        on terms.segmentation_name = versions.segmentation_name
            and terms.segmentation_version = versions.segmentation_version

),

final as (

    select
        ---------- ids
        terms.segment_id,
        others.segment_id as other_segment_id,

        ---------- numerics
        {%- for feature in features %}
        {%- for term in ['curvature', 'slope', 'constant'] %}
        max(others.{{ term }} - terms.{{ term }}) filter (
            where terms.feature_name = '{{ feature }}'
        ) as {{ feature }}__{{ term }},
        {%- endfor %}
        {%- endfor %}
        max(others.intercept - terms.intercept) as intercept
    from terms
    inner join terms as others
        on terms.feature_name = others.feature_name
            and terms.segment_id <> others.segment_id
    group by terms.segment_id, others.segment_id

)

select * from final

{{ config(materialized='view') }}

{#
    How each feature counts between a customer's segment and the second nearest, and which
    counts how manieth. Features are columns: a customer stays one row.
#}
{% set features = scored_features() %}

with

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

vectors as (

    select vectors.*
    from {{ ref('customer_feature_vectors') }} as vectors
    inner join current_observation
        on vectors.observation_date = current_observation.observation_date
    where vectors.segmentation_name = '{{ segmentation_name() }}'

),

assignments as (

    select assignments.*
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join current_observation
        on assignments.observation_date = current_observation.observation_date
    where assignments.segmentation_name = '{{ segmentation_name() }}'

),

contrasts as (

    select * from {{ ref('int_segment_contrasts') }}

),

contributions as (

    select
        assignments.customer_id,
        assignments.segment_id,
        assignments.second_segment_id,
        contrasts.intercept,
        {%- for feature in features %}
        vectors.{{ feature }},
        contrasts.{{ feature }}__curvature,
        contrasts.{{ feature }}__slope,
        contrasts.{{ feature }}__curvature
        * vectors.{{ feature }} * vectors.{{ feature }}
        + contrasts.{{ feature }}__slope * vectors.{{ feature }}
        + contrasts.{{ feature }}__constant as {{ feature }}__contribution
        {{- ',' if not loop.last }}
        {%- endfor %}
    from assignments
    inner join contrasts
        on assignments.segment_id = contrasts.segment_id
            and assignments.second_segment_id = contrasts.other_segment_id
    inner join vectors
        on assignments.customer_id = vectors.customer_id

),

final as (

    select
        ---------- ids
        customer_id,
        cast(segment_id as bigint) as segment_id,
        cast(second_segment_id as bigint) as second_segment_id,

        ---------- numerics
        {%- for feature in features %}
        {{ feature }},
        {{ feature }}__curvature,
        {{ feature }}__slope,
        {{ feature }}__contribution,
        1
        {%- for other in features if other != feature %}
        {#- Of equal contributions the first feature counts first. #}
        + cast(
            {{ other }}__contribution
            {{ '>=' if loop.index0 < features.index(feature) else '>' }}
            {{ feature }}__contribution as int
        )
        {%- endfor %} as {{ feature }}__rank,
        {%- endfor %}
        {%- for feature in features %}
        greatest({{ feature }}__contribution, 0)
        {{- ' +' if not loop.last }}
        {%- endfor %} as contribution_for_segment,
        {%- for feature in features %}
        {{ feature }}__contribution +
        {%- endfor %} intercept as score_difference
    from contributions

)

select * from final

{{ config(materialized='view') }}

{#
    The segment of every customer on every date in segmentations whose version in use
    scores by rules. The first leaf whose intervals hold the features decides. Trees
    compare 32-bit floats.
#}
{% set features_of = of_each_segmentation(scored_features) %}
{% set leaves_of = of_each_segmentation(scored_leaves) %}
{% set all_features = features_of.values() | sum(start=[]) | unique | list %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'rules'

),

{% for name, features in features_of.items() %}
compared_for_{{ name }} as (

    select
        vectors.observation_date,
        vectors.customer_id,
        vectors.segmentation_name,
        vectors.segmentation_version,
        {%- for feature in all_features %}
        vectors.{{ feature }},
        {%- endfor %}
        {%- for feature in features %}
        cast(cast(vectors.{{ feature }} as float) as double) as {{ feature }}__compared
        {{- ',' if not loop.last }}
        {%- endfor %}
    from vectors
    inner join versions
        on vectors.segmentation_name = versions.segmentation_name
            and vectors.segmentation_version = versions.segmentation_version
    where vectors.segmentation_name = '{{ name }}'

),

in_leaves_of_{{ name }} as (

    select
        *,
        cast(
            case
                {%- for leaf in leaves_of[name] %}
                when {{ leaf.condition }} then {{ leaf.number }}
                {%- endfor %}
            end as bigint
        ) as leaf_number
    from compared_for_{{ name }}

),

{% endfor %}
final as (

    {% for name in features_of %}
    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast(
            case leaf_number
                {%- for leaf in leaves_of[name] %}
                when {{ leaf.number }} then {{ leaf.segment_id }}
                {%- endfor %}
            end as bigint
        ) as segment_id,

        ---------- numerics
        {%- for feature in all_features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        case leaf_number
            {%- for leaf in leaves_of[name] %}
            when {{ leaf.number }} then {{ leaf.is_noise }}
            {%- endfor %}
        end as is_noise
    from in_leaves_of_{{ name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

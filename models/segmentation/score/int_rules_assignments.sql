{{ config(materialized='view') }}

{#
    The segment of every customer on every date where the version in use scores by
    rules; else no rows. The first leaf whose intervals hold the features decides. Trees
    compare 32-bit floats.
#}
{% set features = scored_features() %}
{% set leaves = scored_leaves() %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'rules'

),

compared as (

    select
        vectors.observation_date,
        vectors.customer_id,
        vectors.segmentation_name,
        vectors.segmentation_version,
        {%- for feature in features %}
        vectors.{{ feature }},
        cast(cast(vectors.{{ feature }} as float) as double) as {{ feature }}__compared
        {{- ',' if not loop.last }}
        {%- endfor %}
    from vectors
    inner join versions
        on vectors.segmentation_name = versions.segmentation_name
            and vectors.segmentation_version = versions.segmentation_version

),

in_leaves as (

    select
        *,
        cast(
            case
                {%- for leaf in leaves %}
                when {{ leaf.condition }} then {{ leaf.number }}
                {%- endfor %}
            end as bigint
        ) as leaf_number
    from compared

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast(
            case leaf_number
                {%- for leaf in leaves %}
                when {{ leaf.number }} then {{ leaf.segment_id }}
                {%- endfor %}
            end as bigint
        ) as segment_id,

        ---------- numerics
        {%- for feature in features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        case leaf_number
            {%- for leaf in leaves %}
            when {{ leaf.number }} then {{ leaf.is_noise }}
            {%- endfor %}
        end as is_noise
    from in_leaves

)

select * from final

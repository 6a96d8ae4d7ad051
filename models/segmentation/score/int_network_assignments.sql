{{ config(materialized='view') }}

{#
    The segment of every customer on every date in segmentations whose version in use
    scores by a network with one hidden layer.
#}
{% set features_of = of_each_segmentation(scored_features) %}
{% set networks = of_each_segmentation(scored_network) %}
{% set all_features = features_of.values() | sum(start=[]) | unique | list %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and scorer = 'network'

),

{% for name, network in networks.items() %}
hidden_for_{{ name }} as (

    select
        vectors.observation_date,
        vectors.customer_id,
        {%- for feature in all_features %}
        vectors.{{ feature }},
        {%- endfor %}
        {%- for unit in network.units %}
        greatest(
            0e0,
            {{ unit.terms | join('\n            + ') }}
        ) as unit_{{ unit.number }},
        {%- endfor %}
        vectors.segmentation_name,
        vectors.segmentation_version
    from vectors
    inner join versions
        on vectors.segmentation_name = versions.segmentation_name
            and vectors.segmentation_version = versions.segmentation_version
    where vectors.segmentation_name = '{{ name }}'

),

outputs_for_{{ name }} as (

    select
        *,
        {%- for output in network.outputs %}
        {{ output.terms | join('\n        + ') }} as output_{{ output.segment_id }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from hidden_for_{{ name }}

),

-- Of equal outputs the first wins.
greatest_output_for_{{ name }} as (

    select
        *,
        -- Spark compares two at least; both engines pass over a missing one.
        greatest(
            {%- for output in network.outputs %}
            output_{{ output.segment_id }},
            {%- endfor %}
            null
        ) as greatest_output
    from outputs_for_{{ name }}

),

{% endfor %}
final as (

    {% for name, network in networks.items() %}
    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast(
            case
                {%- for output in network.outputs %}
                when output_{{ output.segment_id }} >= greatest_output
                    then {{ output.segment_id }}
                {%- endfor %}
            end as bigint
        ) as segment_id,

        ---------- numerics
        {%- for feature in all_features %}
        {{ feature }},
        {%- endfor %}

        ---------- booleans
        false as is_noise
    from greatest_output_for_{{ name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

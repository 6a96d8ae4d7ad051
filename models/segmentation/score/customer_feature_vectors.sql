{{ config(materialized='view') }}

{#
    Features, scaled by what the version in use of each segmentation learned when it was
    fitted. A column is null in a segmentation that is not made of its feature.
#}
{% set features_of = of_each_segmentation(scored_features) %}
{% set all_features = features_of.values() | sum(start=[]) | unique | list %}
{% set filters = segmentation_filters() %}
{% set parameters = [
    'impute_value', 'cap_lower', 'cap_upper', 'transform', 'center', 'scale', 'weight'
] %}

-- depends_on: {{ ref('int_segmentation_members') }}
with

customer_features as (

    select * from {{ ref('customer_features') }}
    where is_never_buyer is not true

),

preprocessing as (

    select preprocessing.*
    from {{ ref('int_segmentation_preprocessing') }} as preprocessing
    inner join {{ ref('segmentation_versions') }} as versions
        on preprocessing.segmentation_name = versions.segmentation_name
            and preprocessing.segmentation_version = versions.segmentation_version
    where versions.is_in_use

),

{% for name, features in features_of.items() %}
-- All parameters in one row, so that scaling is arithmetic on columns.
parameters_of_{{ name }} as (

    select
        {%- for feature in features %}
        {%- for parameter in parameters %}
        max({{ parameter }}) filter (where feature_name = '{{ feature }}')
            as {{ feature }}__{{ parameter }},
        {%- endfor %}
        {%- endfor %}
        max(segmentation_version) as segmentation_version
    from preprocessing
    where segmentation_name = '{{ name }}'

),

capped_for_{{ name }} as (

    select
        customer_features.observation_date,
        customer_features.customer_id,
        {%- for feature in features %}
        customer_features.{{ feature }} is null as {{ feature }}_is_imputed,
        least(
            greatest(
                coalesce(
                    cast(customer_features.{{ feature }} as double),
                    parameters.{{ feature }}__impute_value
                ),
                parameters.{{ feature }}__cap_lower
            ),
            parameters.{{ feature }}__cap_upper
        ) as {{ feature }},
        {%- endfor %}
        parameters.*
    from customer_features
    cross join parameters_of_{{ name }} as parameters
    {%- if name in filters %}
    inner join {{ ref('int_segmentation_members') }} as members
        on customer_features.observation_date = members.observation_date
            and customer_features.customer_id = members.customer_id
            and members.segmentation_name = '{{ name }}'
    {%- endif %}

),

{% endfor %}
final as (

    {% for name, features in features_of.items() %}
    select
        ---------- ids
        observation_date,
        customer_id,
        '{{ name }}' as segmentation_name,
        segmentation_version,

        ---------- numerics
        {%- for feature in all_features %}
        {%- if feature in features %}
        {{ scaled(feature, feature ~ '__') }} as {{ feature }},
        {%- else %}
        cast(null as double) as {{ feature }},
        {%- endif %}
        {%- endfor %}

        ---------- booleans
        {%- for feature in all_features %}
        {{ feature ~ '_is_imputed' if feature in features else 'false' }}
            as {{ feature }}_is_imputed{{ ',' if not loop.last }}
        {%- endfor %}
    from capped_for_{{ name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

{{ config(materialized='view') }}

{# Features, scaled by what the version in use learned when it was fitted. #}
{% set features = scored_features() %}
{% set parameters = [
    'impute_value', 'cap_lower', 'cap_upper', 'transform', 'center', 'scale', 'weight'
] %}

with

customer_features as (

    select * from {{ ref('customer_features') }}
    where is_never_buyer is not true

),

version_in_use as (

    select
        segmentation_name,
        segmentation_version
    from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

preprocessing as (

    select preprocessing.*
    from {{ ref('int_segmentation_preprocessing') }} as preprocessing
    inner join version_in_use
        on preprocessing.segmentation_name = version_in_use.segmentation_name
            and preprocessing.segmentation_version = version_in_use.segmentation_version

),

-- All parameters in one row, so that scaling is arithmetic on columns.
parameters as (

    select
        {%- for feature in features %}
        {%- for parameter in parameters %}
        max({{ parameter }}) filter (where feature_name = '{{ feature }}')
            as {{ feature }}__{{ parameter }},
        {%- endfor %}
        {%- endfor %}
        max(segmentation_name) as segmentation_name,
        max(segmentation_version) as segmentation_version
    from preprocessing

),

capped as (

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
    cross join parameters

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,

        ---------- numerics
        {%- for feature in features %}
        (
            case {{ feature }}__transform
                when 'log1p' then sign({{ feature }}) * ln(1 + abs({{ feature }}))
                else {{ feature }}
            end - {{ feature }}__center
        ) / {{ feature }}__scale * {{ feature }}__weight as {{ feature }},
        {%- endfor %}

        ---------- booleans
        {%- for feature in features %}
        {{ feature }}_is_imputed{{ ',' if not loop.last }}
        {%- endfor %}
    from capped

)

select * from final

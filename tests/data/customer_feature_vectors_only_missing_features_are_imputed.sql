with

customer_features as (

    select * from {{ ref('customer_features') }}

),

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

)

{% for name, features in of_each_segmentation(scored_features).items() %}
select
    vectors.segmentation_name,
    vectors.observation_date,
    count(*) as customers
from vectors
inner join customer_features
    on vectors.observation_date = customer_features.observation_date
        and vectors.customer_id = customer_features.customer_id
where vectors.segmentation_name = '{{ name }}'
    and (
        {%- for feature in features %}
        {{ 'or ' if not loop.first }}(customer_features.{{ feature }} is null)
        <> vectors.{{ feature }}_is_imputed
        {%- endfor %}
    )
group by vectors.segmentation_name, vectors.observation_date
{{ 'union all' if not loop.last }}
{% endfor %}

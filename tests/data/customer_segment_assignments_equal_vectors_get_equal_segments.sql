{% set features_of = of_each_segmentation(scored_features) %}
{% set features = features_of.values() | sum(start=[]) | unique | list %}

with

vectors as (

    select * from {{ ref('customer_feature_vectors') }}

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

)

select
    vectors.segmentation_name,
    {%- for feature in features %}
    vectors.{{ feature }},
    {%- endfor %}
    min(assignments.segment_id) as lowest_segment_id,
    max(assignments.segment_id) as highest_segment_id
from vectors
inner join assignments
    on vectors.segmentation_name = assignments.segmentation_name
        and vectors.observation_date = assignments.observation_date
        and vectors.customer_id = assignments.customer_id
group by
    vectors.segmentation_name,
    {%- for feature in features %}
    vectors.{{ feature }}{{ ',' if not loop.last }}
    {%- endfor %}
having min(assignments.segment_id) <> max(assignments.segment_id)

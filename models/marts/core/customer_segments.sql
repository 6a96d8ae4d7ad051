{# The segmentation that every project has, so that a customer is one row. #}
with

memberships as (

    select * from {{ ref('customer_segment_memberships') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

final as (

    select
        ---------- ids
        customer_id,
        segment_id,
        second_segment_id,
        segmentation_name,
        segmentation_version,

        ---------- strings
        segment_name,

        ---------- numerics
        distance,
        silhouette,

        ---------- booleans
        is_outlier,

        ---------- dates
        observation_date
    from memberships

)

select * from final

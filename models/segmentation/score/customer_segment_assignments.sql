{# The segment of every customer on every date: who never bought needs no fit. #}
{% set filters = segmentation_filters() %}

with

scored_customers as (

    select * from {{ ref('int_scored_customers') }}

),

never_buyers as (

    select
        customer_features.observation_date,
        customer_features.customer_id,
        versions.segmentation_name,
        versions.segmentation_version
    from {{ ref('customer_features') }} as customer_features
    cross join {{ ref('segmentation_versions') }} as versions
    left join {{ ref('int_segmentation_members') }} as members
        on versions.segmentation_name = members.segmentation_name
            and customer_features.observation_date = members.observation_date
            and customer_features.customer_id = members.customer_id
    where customer_features.is_never_buyer
        and versions.is_in_use
        {%- if filters %}
        and (
            versions.segmentation_name not in ({{ quoted(filters) }})
            or members.customer_id is not null
        )
        {%- endif %}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        segment_id,
        second_segment_id,

        ---------- numerics
        distance,
        second_distance,

        ---------- booleans
        is_outlier
    from scored_customers
    union all
    select
        observation_date,
        customer_id,
        segmentation_name,
        segmentation_version,
        cast({{ never_buyers_segment_id() }} as bigint) as segment_id,
        cast(null as bigint) as second_segment_id,
        cast(null as double) as distance,
        cast(null as double) as second_distance,
        false as is_outlier
    from never_buyers

)

select * from final

with

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

contactable_customers as (

    select
        assignments.observation_date,
        assignments.segment_id,
        count(*) as customers
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('int_contactable_customers') }} as contactable
        on assignments.customer_id = contactable.customer_id
    where contactable.is_contactable
        and assignments.segmentation_name = '{{ segmentation_name() }}'
    group by assignments.observation_date, assignments.segment_id

),

final as (

    select
        ---------- ids
        cast(segment_sizes.segment_id as bigint) as segment_id,
        segment_sizes.segmentation_version,

        ---------- strings
        segment_sizes.segment_name,

        ---------- numerics
        segment_sizes.customers,
        coalesce(contactable_customers.customers, 0) as contactable_customers
    from {{ ref('int_segment_sizes') }} as segment_sizes
    inner join current_observation
        on segment_sizes.observation_date = current_observation.observation_date
    left join contactable_customers
        on segment_sizes.observation_date = contactable_customers.observation_date
            and segment_sizes.segment_id = contactable_customers.segment_id
    where segment_sizes.segmentation_name = '{{ segmentation_name() }}'

)

select * from final

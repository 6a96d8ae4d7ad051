with

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

assignments as (

    select * from {{ ref('int_holdout_assignments') }}

),

id_changes as (

    select * from {{ ref('int_customer_id_changes') }}

),

contactable_customers as (

    select * from {{ ref('int_contactable_customers') }}

),

renamed as (

    select
        assignments.*,
        coalesce(id_changes.surviving_customer_id <> assignments.customer_id, false)
            as is_merged,
        coalesce(id_changes.surviving_customer_id, assignments.customer_id)
            as current_customer_id
    from assignments
    inner join current_observation
        on assignments.assigned_on <= current_observation.observation_date
    left join id_changes
        on assignments.customer_id = id_changes.customer_id

),

-- Records that turned out to be one customer may have been assigned apart: the first
-- assignment stays.
ranked as (

    select
        *,
        row_number() over (
            partition by campaign_id, current_customer_id
            order by assigned_on, is_merged, customer_id
        ) as choice,
        bool_or(is_held_out) over persons
        and not bool_and(is_held_out) over persons as is_in_both_arms
    from renamed
    window persons as (partition by campaign_id, current_customer_id)

),

final as (

    select
        ---------- ids
        ranked.campaign_id,
        ranked.current_customer_id as customer_id,
        ranked.segment_id,
        ranked.segmentation_version,

        ---------- numerics
        ranked.assignment_number,
        ranked.holdout_share,

        ---------- booleans
        ranked.is_held_out,
        ranked.is_in_both_arms,
        coalesce(contactable_customers.is_contactable, false) as is_contactable,

        ---------- dates
        ranked.assigned_on
    from ranked
    left join contactable_customers
        on ranked.current_customer_id = contactable_customers.customer_id
    where ranked.choice = 1

)

select * from final

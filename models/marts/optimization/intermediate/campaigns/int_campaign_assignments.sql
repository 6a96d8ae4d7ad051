{#
    The arm of each customer of a campaign, and the segment before the contact. The
    segment after it is a result of the treatment: who was won back has left the segment,
    and those who stay in it are those on whom the campaign had no effect.
#}
{% set window_days = valid_var('outcome_window_days') %}

with

members as (

    select
        *,
        cast({{ dbt.dateadd('day', window_days, 'contacted_at') }} as timestamp)
            as window_end_at
    from {{ ref('int_campaign_members') }}

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

observation_periods as (

    select
        observation_date,
        lead(observation_date) over (order by observation_date)
            as next_observation_date
    from {{ ref('int_observation_dates') }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

final as (

    select
        ---------- ids
        members.campaign_id,
        members.customer_id,
        coalesce(members.assigned_segment_id, assignments.segment_id) as segment_id,

        ---------- strings
        members.arm,

        ---------- numerics
        members.cost,
        members.holdout_share,

        ---------- booleans
        members.has_converted,
        members.has_orders,
        -- A recorded conversion is as final on the next day as later.
        not members.has_orders
        or members.window_end_at <= current_observation.observation_date
            as is_window_over,

        ---------- timestamps
        members.contacted_at,
        case when members.has_orders then members.window_end_at end as window_end_at
    from members
    cross join current_observation
    left join observation_periods
        on members.contacted_at >= observation_periods.observation_date
            and members.contacted_at < coalesce(
                observation_periods.next_observation_date, cast('9999-12-31' as date)
            )
    left join assignments
        on observation_periods.observation_date = assignments.observation_date
            and members.customer_id = assignments.customer_id

)

select * from final

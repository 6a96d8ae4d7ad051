{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    pre_hook="{{ forget_returned_customers() }}",
    post_hook="{{ forget_changed_customers(\"reason = 'erased'\") }}"
) }}

{#
    Who a campaign may address and whom it holds out, once and for all: a row is written
    when a customer is first eligible, and never again. Only what is erased goes.
#}
with

campaigns as (

    select
        *,
        coalesce(salt, '') as own_salt
    from {{ ref('holdout_campaigns') }}

),

contactable_customers as (

    select * from {{ ref('int_contactable_customers') }}
    where is_contactable

),

customer_segments as (

    select assignments.*
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on assignments.observation_date = observation_dates.observation_date
    where observation_dates.is_current
        and assignments.segmentation_name = '{{ segmentation_name() }}'

),

-- The number depends on the campaign and the customer alone: the same in every build,
-- and that of another campaign says nothing about it.
eligible as (

    select
        campaigns.campaign_id,
        customer_segments.customer_id,
        cast(customer_segments.segment_id as bigint) as segment_id,
        customer_segments.segmentation_version,
        {{ hashed_share(
            "campaigns.campaign_id || '|' || campaigns.own_salt || '|' || "
            ~ "customer_segments.customer_id"
        ) }} as assignment_number,
        campaigns.holdout_share,
        customer_segments.observation_date as assigned_on
    from customer_segments
    semi join contactable_customers
        on customer_segments.customer_id = contactable_customers.customer_id
    inner join campaigns
        on customer_segments.observation_date >= campaigns.starts_on
            and (
                campaigns.segments = 'all'
                or instr(
                    ' ' || campaigns.segments || ' ',
                    ' ' || cast(customer_segments.segment_id as string) || ' '
                ) > 0
            )

),

{%- if is_incremental() %}

-- A customer who was assigned under an id of before keeps that assignment.
assigned as (

    select
        assigned.campaign_id,
        coalesce(changes.surviving_customer_id, assigned.customer_id) as customer_id
    from {{ this }} as assigned
    left join {{ ref('int_customer_id_changes') }} as changes
        on assigned.customer_id = changes.customer_id

),
{%- endif %}

final as (

    select
        ---------- ids
        eligible.campaign_id,
        eligible.customer_id,
        eligible.segment_id,
        eligible.segmentation_version,

        ---------- numerics
        eligible.assignment_number,
        eligible.holdout_share,

        ---------- booleans
        eligible.assignment_number < eligible.holdout_share as is_held_out,

        ---------- dates
        eligible.assigned_on
    from eligible
    {%- if is_incremental() %}
    anti join assigned
        on eligible.campaign_id = assigned.campaign_id
            and eligible.customer_id = assigned.customer_id
    {%- endif %}

)

select * from final

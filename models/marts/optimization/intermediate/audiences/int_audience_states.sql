{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    pre_hook="{{ forget_returned_customers() }}",
    post_hook="{{ forget_changed_customers() }}"
) }}

{# A row where a customer is not what the last row says: it is written once. #}
with

states as (

    select * from {{ ref('int_audience_members') }}

),

former_states as (

    {{ last_audience_states() }}

),

current_observation as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_current

),

-- Who is a customer no more is in no segment, and may not be addressed.
compared as (

    select
        coalesce(states.segmentation_name, former_states.segmentation_name)
            as segmentation_name,
        coalesce(states.customer_id, former_states.customer_id) as customer_id,
        states.segment_id,
        former_states.segment_id as former_segment_id,
        former_states.is_contactable as was_contactable,
        former_states.is_held_out as was_held_out,
        coalesce(states.is_contactable, false) as is_contactable,
        coalesce(states.is_held_out, false) as is_held_out
    from states
    full outer join former_states
        on states.segmentation_name = former_states.segmentation_name
            and states.customer_id = former_states.customer_id

),

final as (

    select
        ---------- ids
        compared.segmentation_name,
        compared.customer_id,
        '{{ invocation_id }}' as build_id,
        compared.segment_id,

        ---------- booleans
        compared.is_contactable,
        compared.is_held_out,

        ---------- dates
        current_observation.observation_date,

        ---------- timestamps
        cast('{{ moment_in_words(run_started_at) }}' as timestamp) as changed_at
    from compared
    cross join current_observation
    where compared.segment_id is distinct from compared.former_segment_id
        or compared.is_contactable is distinct from compared.was_contactable
        or compared.is_held_out is distinct from compared.was_held_out

)

select * from final

with

states as (

    select * from {{ ref('int_audience_states') }}

),

-- A build that was forgotten may leave two rows in a row that say the same.
compared as (

    select
        *,
        row_number() over by_customer = 1 as is_first,
        lag(segment_id) over by_customer as previous_segment_id,
        lag(is_contactable) over by_customer as was_contactable,
        lag(is_held_out) over by_customer as was_held_out
    from states
    window by_customer as (
        partition by segmentation_name, customer_id order by changed_at asc
    )

),

final as (

    select
        ---------- ids
        segmentation_name,
        customer_id,
        build_id,
        segment_id,
        previous_segment_id,

        ---------- booleans
        (
            segment_id is not null
            and segment_id is distinct from previous_segment_id
        ) as has_entered,
        (
            previous_segment_id is not null
            and segment_id is distinct from previous_segment_id
        ) as has_left,
        is_contactable,
        is_held_out,

        ---------- dates
        observation_date,

        ---------- timestamps
        changed_at
    from compared
    where is_first
        or segment_id is distinct from previous_segment_id
        or is_contactable <> was_contactable
        or is_held_out <> was_held_out

)

select * from final

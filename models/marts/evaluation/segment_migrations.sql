with

movements as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers'],
            contributors=['spenders'],
            total=['to_observation_date', 'segmentation_name', 'from_segment_id'],
            ties='to_segment_id'
        ) }} as is_shown
    from {{ ref('int_segment_movements') }}

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

final as (

    select
        ---------- ids
        movements.segmentation_name,
        movements.segmentation_version,
        cast(movements.from_segment_id as bigint) as from_segment_id,
        cast(movements.to_segment_id as bigint) as to_segment_id,

        ---------- strings
        from_labels.segment_name as from_segment_name,
        to_labels.segment_name as to_segment_name,
        movements.movement,

        ---------- numerics
        movements.customers,
        round(
            movements.customers / cast(movements.from_customers as double), 6
        ) as transition_rate,
        case
            when movements.is_shown
                then round(cast(movements.trailing_spend as double), 4)
        end as spend,
        {%- for column in ['customers_with_new_records', 'customers_moved_by_time'] %}
        case
            when movements.is_shown then movements.{{ column }}
        end as {{ column }},
        {%- endfor %}
        movements.days_between,

        ---------- booleans
        movements.is_complete_window,
        not movements.is_shown as is_suppressed,

        ---------- dates
        movements.from_observation_date,
        movements.to_observation_date
    from movements
    left join labels as from_labels
        on movements.segmentation_name = from_labels.segmentation_name
            and movements.segmentation_version = from_labels.segmentation_version
            and movements.from_segment_id = from_labels.segment_id
    left join labels as to_labels
        on movements.segmentation_name = to_labels.segmentation_name
            and movements.segmentation_version = to_labels.segmentation_version
            and movements.to_segment_id = to_labels.segment_id

)

select * from final

with

buyers as (

    select * from {{ ref('int_segment_item_buyers') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

labels as (

    select labels.*
    from {{ ref('int_segment_labels') }} as labels
    inner join {{ ref('segmentation_versions') }} as versions
        on labels.segmentation_version = versions.segmentation_version
    where versions.is_in_use

),

shown as (

    select
        *,
        buyers >= {{ var('minimum_cell_size') }} as is_shown,
        overall_buyers >= {{ var('minimum_cell_size') }} as is_overall_shown
    from buyers

),

final as (

    select
        ---------- ids
        cast(shown.segment_id as bigint) as segment_id,
        labels.segmentation_version,

        ---------- strings
        labels.segment_name,
        shown.item_kind,
        shown.item,

        ---------- numerics
        shown.customers,
        shown.shoppers,
        case when shown.is_shown then shown.buyers end as buyers,
        case when shown.is_shown then round(shown.shopper_share, 6) end
            as segment_share,
        case when shown.is_overall_shown then round(shown.overall_shopper_share, 6) end
            as overall_share,
        case when shown.is_shown then round(shown.lift, 6) end as lift,
        case when shown.is_shown then round(shown.lift_low, 6) end as lift_low,
        case when shown.is_shown then round(shown.lift_high, 6) end as lift_high,

        ---------- booleans
        not shown.is_shown as is_suppressed,
        shown.buyers >= {{ var('minimum_reliable_customers') }}
        and shown.is_shown as is_reliable,

        ---------- dates
        shown.observation_date
    from shown
    inner join observation_dates
        on shown.observation_date = observation_dates.observation_date
    inner join labels
        on shown.segment_id = labels.segment_id

)

select * from final

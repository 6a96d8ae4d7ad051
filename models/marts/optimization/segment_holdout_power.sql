with

counts as (

    select * from {{ ref('int_holdout_counts') }}

),

power as (

    select * from {{ ref('int_holdout_power') }}

),

segments as (

    select * from {{ ref('segments') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

final as (

    select
        ---------- ids
        counts.campaign_id,
        cast(counts.segment_id as bigint) as segment_id,

        ---------- strings
        segments.segment_name,

        ---------- numerics
        counts.customers,
        counts.customers_held_out,
        counts.holdout_share,
        round(cast(counts.customers_held_out as double) / counts.customers, 6)
            as held_out_share,
        counts.buyer_share,
        counts.expected_effect,
        round(power.power, 6) as power,

        ---------- booleans
        counts.is_overall
    from counts
    left join power
        on counts.campaign_id = power.campaign_id
            and coalesce(counts.segment_id, -1) = coalesce(power.segment_id, -1)
    left join segments
        on counts.segment_id = segments.segment_id

)

select * from final

with

reasons as (

    select * from {{ ref('int_customer_reasons') }}

),

-- Where both segments score alike, as the feature alone moves.
equations as (

    select
        *,
        slope * slope - 4 * curvature * (
            score_difference - curvature * scaled_value * scaled_value
            - slope * scaled_value
        ) as discriminant
    from reasons

),

roots as (

    select
        *,
        case
            when curvature = 0
                then scaled_value - score_difference / nullif(slope, 0)
            when discriminant > 0 then (-slope - sqrt(discriminant)) / (2 * curvature)
        end as one_root,
        case
            when curvature <> 0 and discriminant > 0
                then (-slope + sqrt(discriminant)) / (2 * curvature)
        end as other_root
    from equations

),

borders as (

    select
        *,
        greatest(
            case when one_root <= scaled_value then one_root end,
            case when other_root <= scaled_value then other_root end
        ) as border_below,
        least(
            case when one_root >= scaled_value then one_root end,
            case when other_root >= scaled_value then other_root end
        ) as border_above
    from roots

),

unscaled as (

    select
        *,
        {{ unscaled('border_below') }} as value_below,
        {{ unscaled('border_above') }} as value_above
    from borders

),

rounded as (

    select
        *,
        {{ readable_threshold('value_below', 'floor') }} as threshold_below,
        {{ readable_threshold('value_above', 'ceil') }} as threshold_above
    from unscaled

),

checked as (

    select
        *,
        case when {{ is_true_threshold('threshold_below') }} then threshold_below end
            as true_below,
        case when {{ is_true_threshold('threshold_above') }} then threshold_above end
            as true_above
    from rounded

),

thresholds as (

    select
        *,
        case
            when true_below is null
                or border_above - scaled_value < scaled_value - border_below
                then coalesce(true_above, true_below)
            else true_below
        end as threshold
    from checked

),

final as (

    select
        ---------- ids
        customer_id,
        reason_rank,
        segment_id,
        second_segment_id,

        ---------- strings
        feature_name,
        case when threshold is null then 'one_feature_is_not_enough' end
            as threshold_missing_reason,

        ---------- numerics
        round(feature_value, 6) as feature_value,
        threshold,
        round(contribution / contribution_for_segment, 6) as contribution_share
    from thresholds

)

select * from final

{#
    What the words of segment_name_terms claim of customers beyond their centre, by the
    outcome window of the training date and by the rhythm in which customers buy.
#}
with

words as (

    {% for column in ['adjective', 'noun'] %}
    select
        claim,
        {{ column }} as word
    from {{ ref('segment_name_terms') }}
    where claim is not null
        and {{ column }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}

),

-- Exact medians need every value in memory: the bounded sample of training has to do.
rhythms as (

    select
        assignments.segmentation_name,
        assignments.segment_id,
        median(training.recency_days) as days_since_order,
        -- Nobody who has bought once has a gap yet.
        median(purchases.recency_weeks * 7 / nullif(purchases.frequency, 0))
            as order_gap_days,
        count_if(purchases.frequency > 0) as repeat_buyers,
        grouping(assignments.segment_id) = 1 as is_overall
    from {{ ref('segmentation_training') }} as training
    inner join {{ ref('customer_segment_assignments') }} as assignments
        on training.observation_date = assignments.observation_date
            and training.customer_id = assignments.customer_id
    left join {{ ref('int_customer_repeat_purchases') }} as purchases
        on training.observation_date = purchases.observation_date
            and training.customer_id = purchases.customer_id
    group by assignments.segmentation_name, rollup(assignments.segment_id)

),

retention as (

    select
        estimates.segmentation_name,
        estimates.segment_id,
        estimates.is_overall,
        {{ wilson_bound('estimates.estimate', 'estimates.customers_measured', -1) }}
            as ci_low,
        {{ wilson_bound('estimates.estimate', 'estimates.customers_measured', 1) }}
            as ci_high
    from {{ ref('int_segment_estimates') }} as estimates
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on estimates.observation_date = observation_dates.observation_date
            and observation_dates.is_training
    where estimates.measure = 'retention'
        and estimates.evaluation_window = 'outcome'
        and estimates.customers_measured > 0

),

evidence as (

    select
        retention.segmentation_name,
        retention.segment_id,
        rhythms.days_since_order > case
            when rhythms.repeat_buyers >= {{ var('minimum_reliable_customers') }}
                then rhythms.order_gap_days
            else overall_rhythm.order_gap_days
        end as is_overdue,
        retention.ci_high < least(overall.ci_low, 0.5) as is_retained_less,
        retention.ci_low > overall.ci_high as is_retained_more
    from retention
    inner join retention as overall
        on retention.segmentation_name = overall.segmentation_name
            and overall.is_overall
    left join rhythms
        on retention.segmentation_name = rhythms.segmentation_name
            and retention.segment_id = rhythms.segment_id
            and not rhythms.is_overall
    left join rhythms as overall_rhythm
        on retention.segmentation_name = overall_rhythm.segmentation_name
            and overall_rhythm.is_overall
    where not retention.is_overall

),

-- What there is no evidence of is not supported.
final as (

    select
        ---------- ids
        segments.segmentation_name,
        segments.segment_id,

        ---------- strings
        words.word,

        ---------- booleans
        coalesce(
            case words.claim
                when 'lapsed' then evidence.is_overdue and evidence.is_retained_less
                when 'loyal' then evidence.is_retained_more
            end,
            false
        ) as is_supported
    from {{ ref('int_segment_identities') }} as segments
    cross join words
    left join evidence
        on segments.segmentation_name = evidence.segmentation_name
            and segments.segment_id = evidence.segment_id
    where segments.is_in_use

)

select * from final

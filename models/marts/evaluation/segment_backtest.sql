{% set outcomes = {
    'value': 'spend',
    'orders': 'orders',
    'loyalty': 'retention',
    'conversion': 'conversion',
    'satisfaction': 'rating'
} %}

with

intervals as (

    select * from {{ ref('int_segment_intervals') }}
    where evaluation_window = 'outcome'
        and measure in ({{ quoted(outcomes) }})

),

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training

),

labels as (

    select labels.*
    from {{ ref('int_segment_labels') }} as labels
    inner join {{ ref('segmentation_versions') }} as versions
        on labels.segmentation_version = versions.segmentation_version
    where versions.is_in_use

),

final as (

    select
        ---------- ids
        intervals.observation_date,
        cast(intervals.segment_id as bigint) as segment_id,
        labels.segmentation_version,

        ---------- strings
        labels.segment_name,
        case intervals.measure
            {%- for measure, outcome in outcomes.items() %}
            when '{{ measure }}' then '{{ outcome }}'
            {%- endfor %}
        end as outcome,

        ---------- numerics
        intervals.customers,
        intervals.customers_measured,
        intervals.estimate,
        intervals.standard_error,
        intervals.ci_low,
        intervals.ci_high,
        intervals.overall_estimate,
        intervals.index_to_overall,

        ---------- booleans
        intervals.is_reliable,

        ---------- dates
        training_date.outcome_end_date
    from intervals
    inner join training_date
        on intervals.observation_date = training_date.observation_date
    inner join labels
        on intervals.segment_id = labels.segment_id

)

select * from final

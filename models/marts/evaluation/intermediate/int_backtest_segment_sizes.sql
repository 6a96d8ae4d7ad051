with

training_date as (

    select * from {{ ref('int_observation_dates') }}
    where is_training
        and outcome_end_date is not null

),

sized as (

    select
        assignments.segment_id,
        count(*) as customers,
        cast(sum(features.total_spend) as double) / count(*) as mean_spend
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join training_date
        on assignments.observation_date = training_date.observation_date
    inner join {{ ref('customer_features') }} as features
        on assignments.observation_date = features.observation_date
            and assignments.customer_id = features.customer_id
    where assignments.segment_id <> {{ never_buyers_segment_id() }}
        and assignments.segmentation_name = '{{ segmentation_name() }}'
    group by assignments.segment_id

),

final as (

    select
        ---------- ids
        segment_id,

        ---------- numerics
        cast(
            row_number() over (order by mean_spend desc nulls last, segment_id asc)
            as int
        ) as segment_number,
        customers,
        round(mean_spend, 6) as mean_spend
    from sized

)

select * from final

{{ config(materialized='view') }}

{#
    What segmentation_training, outcome_training and int_k_selection_customers are of
    all customers, of those in a segmentation with a filter: it may leave few of a sample
    of all. A view, so that only who reads it pays for it.
#}
{% set features = candidate_features() %}

with

members as (

    select * from {{ ref('int_segmentation_members') }}

),

observation_dates as (

    select
        observation_date,
        outcome_end_date,
        is_training,
        coalesce(outcome_end_date = max(
            case when is_training then observation_date end
        ) over (), false) as is_earlier,
        outcome_end_date is not null
        and row_number() over (
            order by
                outcome_end_date is null asc,
                is_training asc,
                observation_date desc
        ) = 1 as is_judged
    from {{ ref('int_observation_dates') }}

),

-- The same hash as for all customers draws the same ones.
numbered as (

    select
        members.segmentation_name,
        customer_features.*,
        observation_dates.outcome_end_date,
        observation_dates.is_training,
        observation_dates.is_earlier,
        observation_dates.is_judged,
        row_number() over (
            partition by members.segmentation_name, members.observation_date
            order by md5(members.customer_id), members.customer_id
        ) as sample_number
    from members
    inner join observation_dates
        on members.observation_date = observation_dates.observation_date
    inner join {{ ref('customer_features') }} as customer_features
        on members.observation_date = customer_features.observation_date
            and members.customer_id = customer_features.customer_id
    where customer_features.is_never_buyer is not true

),

final as (

    select
        ---------- ids
        numbered.segmentation_name,
        numbered.observation_date,
        numbered.customer_id,

        ---------- numerics
        numbered.sample_number,
        {%- for feature in features %}
        cast(numbered.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        cast(outcome.trailing_spend as double) as next_window_spend,
        cast(outcome.trailing_order_count as double) as next_window_order_count,

        ---------- booleans
        numbered.is_training,
        numbered.is_earlier,
        numbered.is_judged and outcome.customer_id is not null as is_judged,

        ---------- dates
        numbered.outcome_end_date
    from numbered
    left join {{ ref('customer_features') }} as outcome
        on numbered.outcome_end_date = outcome.observation_date
            and numbered.customer_id = outcome.customer_id
    where numbered.sample_number <= {{ var('training_sample_rows') }}

)

select * from final

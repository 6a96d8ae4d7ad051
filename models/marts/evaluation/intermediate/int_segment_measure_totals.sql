{#
    The sums that every evaluation of a segment needs, by segment and for all customers
    (segment null), in one pass over customers. Sums of doubles are rounded because
    their last digits depend on the order of the rows.
#}
with

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- What a customer did in the window after a date is what the next date's trailing
-- window holds. Features are named where they are read: an engine keeps what is named
-- once and read twice.
evaluated as (

    select
        assignments.observation_date,
        assignments.segmentation_name,
        assignments.segment_id,
        observation_dates.outcome_end_date is not null as has_outcome,
        cast(observed.trailing_spend as double) as spend,
        observed.trailing_spend as exact_spend,
        observed.satisfaction,
        observed.loyalty,
        observed.lifetime_value,
        cast(observed.converted_visits as double) as conversions,
        case
            when observed.converted_visits is not null
                then cast(observed.visit_count as double)
        end as visits,
        observed.trailing_satisfaction,
        cast(observed.trailing_converted_visit_count as double)
            as trailing_conversions,
        cast(nullif(observed.trailing_visit_count, 0) as double) as trailing_visits,
        observed.gross_spend,
        observed.order_count,
        observed.trailing_order_count,
        cast(outcome.trailing_spend as double) as outcome_spend,
        outcome.trailing_order_count as outcome_orders,
        outcome.trailing_satisfaction as outcome_satisfaction,
        case
            when observed.order_count > 0
                then cast(outcome.trailing_order_count > 0 as int)
        end as outcome_retained,
        cast(outcome.trailing_converted_visit_count as double) as outcome_conversions,
        cast(nullif(outcome.trailing_visit_count, 0) as double) as outcome_visits
    from assignments
    inner join {{ ref('customer_features') }} as observed
        on assignments.observation_date = observed.observation_date
            and assignments.customer_id = observed.customer_id
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    left join {{ ref('customer_features') }} as outcome
        on observation_dates.outcome_end_date = outcome.observation_date
            and assignments.customer_id = outcome.customer_id

),

final as (

    select
        ---------- ids
        observation_date,
        segmentation_name,
        segment_id,

        ---------- numerics
        count(*) as customers,
        {%- for mean in columns_of_measures(['mean', 'amount', 'proportion']) %}
        count({{ mean }}) as {{ mean }}__count,
        count(*) filter (where {{ mean }} <> 0) as {{ mean }}__nonzero_count,
        round({{ exact_mean(mean) }}, 6) as {{ mean }}__mean,
        round(stddev_samp({{ mean }}), 6) as {{ mean }}__deviation,
        {%- endfor %}
        {%- for amount in columns_of_measures(['amount']) %}
        count(*) filter (where {{ amount }} < 0) as {{ amount }}__negative_count,
        -- Values that are all the same have no skewness.
        case
            when min({{ amount }}) < max({{ amount }})
                then round({{ sample_skewness(amount) }}, 6)
        end as {{ amount }}__skewness,
        {%- endfor %}
        {%- for prefix in columns_of_measures(['ratio']) %}
        count(*) filter (where {{ prefix }}visits > 0) as {{ prefix }}visitors,
        count(*) filter (where {{ prefix }}conversions > 0) as {{ prefix }}converters,
        {%- for name, term in {
            'visits': prefix ~ 'visits',
            'conversions': prefix ~ 'conversions',
            'visits_squared': prefix ~ 'visits * ' ~ prefix ~ 'visits',
            'conversions_squared': prefix ~ 'conversions * ' ~ prefix ~ 'conversions',
            'visits_times_conversions': prefix ~ 'visits * ' ~ prefix ~ 'conversions'
        }.items() %}
        round(sum({{ term }}), 6) as {{ prefix }}{{ name }},
        {%- endfor %}
        {%- endfor %}
        count(*) filter (where trailing_order_count > 0) as trailing_buyers,
        cast(sum(exact_spend) as double) as trailing_spend,
        cast(sum(gross_spend) as double) / nullif(sum(order_count), 0)
            as mean_order_value,

        ---------- booleans
        grouping(segment_id) = 1 as is_overall,
        has_outcome
    from evaluated
    group by observation_date, segmentation_name, has_outcome, rollup(segment_id)

)

select * from final

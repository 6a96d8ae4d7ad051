with

segment_sizes as (

    select * from {{ ref('int_segment_sizes') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

statistics as (

    select * from {{ ref('int_drift_statistics') }}
    where variable_name = 'segment_id'

),

training_overlap as (

    select * from {{ ref('int_training_overlap') }}

),

final as (

    select
        ---------- ids
        segment_sizes.segment_id,
        segment_sizes.segmentation_version,

        ---------- strings
        segment_sizes.segment_name,
        statistics.drift_level,

        ---------- numerics
        segment_sizes.customers,
        {%- for column, share in {
            'customers': 'customer_share', 'training_customers': 'training_share'
        }.items() %}
        case
            when segment_sizes.segment_id <> {{ never_buyers_segment_id() }}
                then round(
                    segment_sizes.{{ column }} / nullif(
                        cast(
                            sum(segment_sizes.{{ column }}) filter (
                                where segment_sizes.segment_id
                                    <> {{ never_buyers_segment_id() }}
                            ) over (partition by segment_sizes.observation_date)
                            as double
                        ),
                        0
                    ),
                    6
                )
        end as {{ share }},
        {%- endfor %}
        round(statistics.contribution, 9) as contribution,
        round(statistics.population_stability_index, 9) as population_stability_index,
        case
            when training_overlap.possible_training_customers = 0
                then {{ published_p_value('statistics.p_value') }}
        end as p_value,
        training_overlap.possible_training_customers,
        case
            when segment_sizes.customers >= {{ var('minimum_cell_size') }}
                then round(
                    segment_sizes.outliers / cast(segment_sizes.customers as double), 6
                )
        end as outlier_share,

        ---------- booleans
        segment_sizes.customers < {{ var('minimum_cell_size') }} as is_suppressed,

        ---------- dates
        segment_sizes.observation_date
    from segment_sizes
    inner join training_overlap
        on segment_sizes.observation_date = training_overlap.observation_date
    left join statistics
        on segment_sizes.observation_date = statistics.observation_date
            and segment_sizes.segment_id = statistics.bin_number

)

select * from final

{{ config(materialized='view') }}

{# Segments are compared as if the segment were one more feature, of as many bins. #}
with

feature_bins as (

    select * from {{ ref('int_feature_bin_counts') }}

),

segment_sizes as (

    select * from {{ ref('int_segment_sizes') }}

),

final as (

    select
        ---------- ids
        feature_name as variable_name,
        bin_number,

        ---------- numerics
        customers,
        training_customers,

        ---------- dates
        observation_date
    from feature_bins
    union all
    select
        'segment_id' as variable_name,
        segment_id as bin_number,
        customers,
        training_customers,
        observation_date
    from segment_sizes

)

select * from final

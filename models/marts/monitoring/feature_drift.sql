with

bin_counts as (

    select * from {{ ref('int_feature_bin_counts') }}

),

statistics as (

    select * from {{ ref('int_drift_statistics') }}

),

training_overlap as (

    select * from {{ ref('int_training_overlap') }}

),

versions as (

    select segmentation_version from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

clustered_features as (

    select preprocessing.feature_name
    from {{ ref('int_segmentation_preprocessing') }} as preprocessing
    inner join versions
        on preprocessing.segmentation_version = versions.segmentation_version
    where preprocessing.segmentation_name = '{{ segmentation_name() }}'

),

binned as (

    select
        observation_date,
        feature_name,
        count_if(customers + training_customers > 0) as bins,
        sum(training_customers) as training_customers,
        sum(customers) as customers
    from bin_counts
    group by observation_date, feature_name

),

-- The same in every bin of a feature.
measured as (

    select
        observation_date,
        variable_name,
        max(population_stability_index) as population_stability_index,
        max(p_value) as p_value,
        max(drift_level) as drift_level
    from statistics
    group by observation_date, variable_name

),

final as (

    select
        ---------- ids
        binned.feature_name,
        versions.segmentation_version,

        ---------- strings
        measured.drift_level,

        ---------- numerics
        cast(binned.bins as bigint) as bins,
        cast(binned.training_customers as bigint) as training_customers,
        cast(binned.customers as bigint) as customers,
        training_overlap.possible_training_customers,
        round(measured.population_stability_index, 9) as population_stability_index,
        case
            when training_overlap.possible_training_customers = 0
                then {{ published_p_value('measured.p_value') }}
        end as p_value,

        ---------- booleans
        clustered_features.feature_name is not null as is_selected,
        binned.feature_name in ({{ quoted(time_driven_features()) }}) as is_time_driven,

        ---------- dates
        binned.observation_date
    from binned
    inner join training_overlap
        on binned.observation_date = training_overlap.observation_date
    cross join versions
    left join measured
        on binned.observation_date = measured.observation_date
            and binned.feature_name = measured.variable_name
    left join clustered_features
        on binned.feature_name = clustered_features.feature_name

)

select * from final

with

registry as (

    select * from {{ ref('segmentation_registry') }}
    where segment_id is null
        and feature_name is null
        and unit_number is null

),

final as (

    select
        ---------- ids
        segmentation_name,
        segmentation_version,
        cast({{ registry_parameter('matched_from_version') }} as bigint)
            as matched_from_version,

        ---------- strings
        {{ registry_parameter('method', 'string') }} as method,
        {{ registry_parameter('scorer', 'string') }} as scorer,
        {{ registry_parameter('fit_reason', 'string') }} as fit_reason,
        {{ registry_parameter('drifted_features', 'string') }} as drifted_features,
        {{ registry_parameter('configuration', 'string') }} as configuration,
        {{ registry_parameter('configuration_hash', 'string') }} as configuration_hash,
        {{ registry_parameter('scikit_learn_version', 'string') }}
            as scikit_learn_version,
        {{ registry_parameter('numpy_version', 'string') }} as numpy_version,
        {{ registry_parameter('pandas_version', 'string') }} as pandas_version,

        ---------- numerics
        cast({{ registry_parameter('n_segments') }} as int) as n_segments,
        cast({{ registry_parameter('random_state') }} as bigint) as random_state,
        cast({{ registry_parameter('training_rows') }} as bigint) as training_rows,
        cast(
            coalesce(
                {{ registry_parameter('drift_reference_rows') }},
                {{ registry_parameter('training_rows') }}
            ) as bigint
        ) as drift_reference_rows,
        {{ registry_parameter('scorer_agreement') }} as scorer_agreement,
        {{ registry_parameter('inertia') }} as inertia,
        {{ registry_parameter('outlier_distance') }} as outlier_distance,
        cast({{ registry_parameter('outcome_customers') }} as bigint)
            as outcome_customers,
        {{ registry_parameter('outcome_accuracy') }} as outcome_accuracy,
        {{ registry_parameter('baseline_accuracy') }} as baseline_accuracy,
        {{ registry_parameter('outcome_balanced_accuracy') }}
            as outcome_balanced_accuracy,
        {{ registry_parameter('baseline_balanced_accuracy') }}
            as baseline_balanced_accuracy,
        {{ registry_parameter('explanation_fidelity') }} as explanation_fidelity,
        {{ registry_parameter('explanation_cost_ratio') }} as explanation_cost_ratio,

        ---------- booleans
        coalesce(segmentation_version = {{ version_in_use() }}, false) as is_in_use,

        ---------- dates
        cast({{ registry_parameter('training_date', 'string') }} as date)
            as training_date,
        cast({{ registry_parameter('selection_date', 'string') }} as date)
            as selection_date,
        cast({{ registry_parameter('selection_end_date', 'string') }} as date)
            as selection_end_date,
        cast(
            coalesce(
                {{ registry_parameter('drift_reference_date', 'string') }},
                {{ registry_parameter('training_date', 'string') }}
            ) as date
        ) as drift_reference_date,

        ---------- timestamps
        cast({{ registry_parameter('fitted_at', 'string') }} as timestamp) as fitted_at
    from registry
    group by segmentation_name, segmentation_version

)

select * from final

{% set indices = [
    'silhouette', 'davies_bouldin', 'calinski_harabasz', 'mean_jaccard',
    'minimum_jaccard', 'smallest_share', 'noise_share', 'scorer_agreement'
] %}
{% set shares_of_spend = ['eta_squared', 'spend_quantiles_eta_squared'] %}
{% set accuracies = [
    'outcome_accuracy', 'baseline_accuracy', 'outcome_balanced_accuracy',
    'baseline_balanced_accuracy'
] %}

with

methods as (

    select * from {{ ref('int_compared_methods') }}

),

facts as (

    select * from {{ ref('int_method_comparison_facts') }}
    where other_method is null

),

measured as (

    select
        method,
        {{ registry_parameter('observation_date', 'string') }} as observation_date,
        {{ registry_parameter('scorer', 'string') }} as scorer,
        {{ registry_parameter('refusal_reason', 'string') }} as refusal_reason,
        {%- for count in [
            'n_segments', 'customers', 'customers_fitted', 'resample_count'
        ] %}
        cast({{ registry_parameter(count) }} as bigint) as {{ count }},
        {%- endfor %}
        {%- for number in indices + accuracies %}
        {{ registry_parameter(number) }} as {{ number }},
        {%- endfor %}
        {%- for share in shares_of_spend %}
        {{ registry_parameter(share) }} as raw_{{ share }},
        {%- endfor %}
        {{ registry_parameter('fit_seconds') }} as fit_seconds
    from facts
    group by method

),

final as (

    select
        ---------- ids
        methods.method,

        ---------- strings
        measured.scorer,
        measured.refusal_reason,

        ---------- numerics
        measured.n_segments,
        measured.customers,
        measured.customers_fitted,
        measured.resample_count,
        {%- for number in indices %}
        round(measured.{{ number }}, 6) as {{ number }},
        {%- endfor %}
        {%- for share in shares_of_spend %}
        case
            when measured.customers >= {{ var('minimum_cell_size') }}
                then round(measured.raw_{{ share }}, 6)
        end as {{ share }},
        {%- endfor %}
        {%- for number in accuracies %}
        round(measured.{{ number }}, 6) as {{ number }},
        {%- endfor %}
        round(measured.fit_seconds, 3) as fit_seconds,

        ---------- booleans
        measured.scorer is not null and measured.refusal_reason is null
            as is_eligible_for_production,
        eta_squared > spend_quantiles_eta_squared as is_better_than_spend_quantiles,

        ---------- dates
        cast(measured.observation_date as date) as observation_date
    from methods
    left join measured
        on methods.method = measured.method

)

select * from final

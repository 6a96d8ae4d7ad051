{{ config(materialized='view') }}

{#
    The rules that explain the version in use: as the fit made them of customers who have
    bought, and rule 0, which tells the others from these.
#}
{% set apart = never_buyers_predicate() %}

with

versions as (

    select
        segmentation_name,
        segmentation_version
    from {{ ref('segmentation_versions') }}
    where is_in_use

),

registry as (

    select registry.*
    from {{ ref('segmentation_registry') }} as registry
    inner join versions
        on registry.segmentation_name = versions.segmentation_name
            and registry.segmentation_version = versions.segmentation_version

),

purchase_evidence as (

    select * from {{ ref('int_purchase_evidence') }}

),

fitted_rules as (

    select
        segmentation_name,
        segmentation_version,
        segment_id,
        unit_number as rule_number,
        {{ registry_parameter('rule_predicate', 'string') }} as predicate,
        {{ registry_parameter('rule_training_customers') }} as training_customers,
        {{ registry_parameter('rule_training_precision') }} as training_precision
    from registry
    where segment_id is not null
        and feature_name is null
        and parameter in (
            'rule_predicate', 'rule_training_customers', 'rule_training_precision'
        )
    group by segmentation_name, segmentation_version, segment_id, unit_number

),

rules as (

    select
        fitted_rules.segmentation_name,
        fitted_rules.segmentation_version,
        fitted_rules.segment_id,
        fitted_rules.rule_number,
        case
            when not purchase_evidence.has_purchase_records
                then fitted_rules.predicate
            when fitted_rules.predicate = 'true' then 'not {{ apart }}'
            else 'not {{ apart }} and ' || fitted_rules.predicate
        end as predicate,
        fitted_rules.training_customers,
        fitted_rules.training_precision
    from fitted_rules
    cross join purchase_evidence
    union all
    select
        versions.segmentation_name,
        versions.segmentation_version,
        {{ never_buyers_segment_id() }} as segment_id,
        0 as rule_number,
        '{{ apart }}' as predicate,
        0 as training_customers,
        cast(null as double) as training_precision
    from versions
    cross join purchase_evidence
    where purchase_evidence.has_purchase_records

),

bounds as (

    select
        segmentation_name,
        unit_number as rule_number,
        feature_name,
        {{ registry_parameter('rule_lower') }} as lower_bound,
        {{ registry_parameter('rule_upper') }} as upper_bound
    from registry
    where parameter in ('rule_lower', 'rule_upper')
    group by segmentation_name, unit_number, feature_name
    union all
    select
        rules.segmentation_name,
        rules.rule_number,
        '{{ apart }}' as feature_name,
        case when rules.rule_number = 0 then 0 end as lower_bound,
        case when rules.rule_number > 0 then 0 end as upper_bound
    from rules
    cross join purchase_evidence
    where purchase_evidence.has_purchase_records

),

final as (

    select
        ---------- ids
        rules.segmentation_name,
        rules.segmentation_version,
        rules.segment_id,
        rules.rule_number,
        bounds.feature_name,

        ---------- strings
        rules.predicate,

        ---------- numerics
        bounds.lower_bound,
        bounds.upper_bound,
        cast(rules.training_customers as bigint) as training_customers,
        rules.training_precision
    from rules
    left join bounds
        on rules.segmentation_name = bounds.segmentation_name
            and rules.rule_number = bounds.rule_number

)

select * from final

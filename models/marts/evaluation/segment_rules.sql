with

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

labels as (

    select * from {{ ref('int_segment_labels') }}

),

rule_counts as (

    select * from {{ ref('int_segment_rule_counts') }}

),

rules as (

    select * from {{ ref('int_segment_rules') }}

),

-- A rule without any bound, of a version that nothing divides, has a row all the same.
first_features as (

    select
        segmentation_name,
        segmentation_version,
        feature_name
    from {{ ref('int_segmentation_preprocessing') }}
    where feature_number = 1

),

distinct_rules as (

    select distinct
        segmentation_name,
        segment_id,
        rule_number,
        training_customers
    from rules

),

-- Who is in no segment is covered by a rule like everybody, and is right nowhere.
counted as (

    select
        rules.segmentation_name,
        rules.segment_id,
        rules.rule_number,
        rules.training_customers,
        sum(rule_counts.customers) as customers,
        sum(rule_counts.segment_customers) as all_customers,
        sum(rule_counts.customers) filter (where rule_counts.segment_id is not null)
            as customers_with_segment,
        sum(rule_counts.segment_customers) filter (where rule_counts.segment_id <> 0)
            as all_customers_scored,
        sum(rule_counts.customers)
            filter (where rule_counts.segment_id = rules.segment_id)
            as customers_in_segment,
        sum(rule_counts.segment_customers)
            filter (where rule_counts.segment_id = rules.segment_id)
            as segment_customers
    from distinct_rules as rules
    inner join rule_counts
        on rules.segmentation_name = rule_counts.segmentation_name
            and rules.rule_number = rule_counts.rule_number
    group by
        rules.segmentation_name, rules.segment_id, rules.rule_number,
        rules.training_customers

),

measured as (

    select
        segmentation_name,
        rule_number,
        customers,
        {{ is_shown_cell(
            customers=['customers'],
            contributors=[],
            total=['segmentation_name', 'segment_id = 0'],
            ties='rule_number'
        ) }} as is_shown,
        {{ is_shown_cell(
            customers=['training_customers'],
            contributors=[],
            total=['segmentation_name'],
            ties='rule_number'
        ) }} as is_training_shown,
        cast(customers as double) / nullif(all_customers, 0) as coverage,
        cast(coalesce(customers_in_segment, 0) as double)
        / nullif(customers_with_segment, 0) as precision,
        cast(coalesce(customers_in_segment, 0) as double)
        / nullif(segment_customers, 0) as recall,
        cast(
            sum(customers_in_segment) filter (where segment_id <> 0) over (
                partition by segmentation_name
            ) as double
        ) / nullif(all_customers_scored, 0) as fidelity
    from counted

),

final as (

    select
        ---------- ids
        rules.segmentation_name,
        rules.segmentation_version,
        rules.rule_number,
        coalesce(rules.feature_name, first_features.feature_name) as feature_name,
        rules.segment_id,

        ---------- strings
        labels.segment_name,
        rules.predicate,

        ---------- numerics
        rules.lower_bound,
        rules.upper_bound,
        cast(measured.customers as bigint) as customers,
        round(measured.coverage, 6) as coverage,
        case when measured.is_shown then round(measured.precision, 6) end as precision,
        case when measured.is_shown then round(measured.recall, 6) end as recall,
        round(measured.fidelity, 6) as fidelity,
        rules.training_customers,
        case
            when measured.is_training_shown
                then round(rules.training_precision, 6)
        end as training_precision,
        round(versions.explanation_fidelity, 6) as training_fidelity,
        round(versions.explanation_cost_ratio, 6) as cost_ratio,

        ---------- booleans
        not measured.is_shown as is_suppressed
    from rules
    inner join versions
        on rules.segmentation_name = versions.segmentation_name
            and rules.segmentation_version = versions.segmentation_version
    inner join labels
        on rules.segmentation_name = labels.segmentation_name
            and rules.segmentation_version = labels.segmentation_version
            and rules.segment_id = labels.segment_id
    inner join first_features
        on rules.segmentation_name = first_features.segmentation_name
            and rules.segmentation_version = first_features.segmentation_version
    inner join measured
        on rules.segmentation_name = measured.segmentation_name
            and rules.rule_number = measured.rule_number

)

select * from final

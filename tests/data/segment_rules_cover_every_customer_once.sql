with

rule_counts as (

    select * from {{ ref('int_segment_rule_counts') }}

),

published as (

    select distinct
        segmentation_name,
        rule_number,
        customers
    from {{ ref('segment_rules') }}

),

fitted as (

    select
        registry.segmentation_name,
        registry.unit_number as rule_number
    from {{ ref('segmentation_registry') }} as registry
    inner join {{ ref('segmentation_versions') }} as versions
        on registry.segmentation_name = versions.segmentation_name
            and registry.segmentation_version = versions.segmentation_version
    where registry.parameter = 'rule_predicate'
        and versions.is_in_use
        and versions.segmentation_name = '{{ segmentation_name() }}'

),

customer_segments as (

    select
        segmentation_name,
        count(*) as customers
    from {{ ref('customer_segments') }}
    group by segmentation_name

),

final as (

    select
        'the rules cover a customer of a segment never or twice' as problem,
        segment_id as number
    from rule_counts
    group by segmentation_name, segment_id, segment_customers
    having sum(customers) <> segment_customers
    union all
    select
        'the rules do not cover as many customers as there are' as problem,
        customer_segments.customers as number
    from customer_segments
    where customer_segments.customers <> (
        select sum(published.customers) from published
        where published.segmentation_name = customer_segments.segmentation_name
    )
    union all
    select
        'a rule is fitted and not published' as problem,
        fitted.rule_number as number
    from fitted
    left join published
        on fitted.segmentation_name = published.segmentation_name
            and fitted.rule_number = published.rule_number
    where published.rule_number is null

)

select * from final

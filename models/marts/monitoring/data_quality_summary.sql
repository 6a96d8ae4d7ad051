with

issues as (

    select * from {{ ref('data_quality_issues') }}

),

record_counts as (

    select * from {{ ref('int_staged_record_counts') }}

),

-- Customers become fewer once more where duplicate people are merged.
customer_counts as (

    select
        source_system,
        count(*) as record_count
    from {{ ref('int_customers_deduplicated') }}
    group by source_system

),

record_and_line_counts as (

    {% for system, entity in staged_tables() %}
    select
        '{{ entity }}' as entity,
        '{{ system }}' as source_system,
        count(*) as rows_in
    from {{ ref('base_' ~ system ~ '__' ~ entity) }}
    union all
    {% endfor %}
    select
        entity,
        source_system,
        count(*) as rows_in
    from {{ ref('int_malformed_lines') }}
    group by entity, source_system

),

raw_counts as (

    select
        entity,
        source_system,
        cast(sum(rows_in) as bigint) as rows_in
    from record_and_line_counts
    group by entity, source_system

),

issue_counts as (

    select
        entity,
        source_system,
        count(*) filter (where action = 'merged') as rows_merged,
        count(*) filter (where action = 'rejected') as rows_rejected,
        count(*) filter (where action = 'nulled') as values_nulled,
        count(*) filter (where action = 'repaired') as values_repaired,
        count(*) filter (where action = 'kept') as records_flagged
    from issues
    group by entity, source_system

),

final as (

    select
        ---------- strings
        raw_counts.entity,
        raw_counts.source_system,

        ---------- numerics
        raw_counts.rows_in,
        case
            when raw_counts.entity = 'customers'
                then coalesce(customer_counts.record_count, 0)
            else record_counts.record_count
        end as rows_out,
        coalesce(issue_counts.rows_merged, 0) as rows_merged,
        coalesce(issue_counts.rows_rejected, 0) as rows_rejected,
        coalesce(issue_counts.values_nulled, 0) as values_nulled,
        coalesce(issue_counts.values_repaired, 0) as values_repaired,
        coalesce(issue_counts.records_flagged, 0) as records_flagged
    from raw_counts
    inner join record_counts
        on raw_counts.entity = record_counts.entity
            and raw_counts.source_system = record_counts.source_system
    left join customer_counts
        on raw_counts.source_system = customer_counts.source_system
    left join issue_counts
        on raw_counts.entity = issue_counts.entity
            and raw_counts.source_system = issue_counts.source_system

)

select * from final

with

summary as (

    select * from {{ ref('data_quality_summary') }}

),

malformed_lines as (

    select
        source_system,
        entity,
        count(*) as line_count
    from {{ ref('int_malformed_lines') }}
    group by source_system, entity

),

records as (

    select
        summary.source_system,
        summary.entity,
        summary.rows_in - coalesce(malformed_lines.line_count, 0) as rows_in,
        summary.rows_rejected,
        summary.values_nulled,
        summary.values_repaired
    from summary
    left join malformed_lines
        on summary.source_system = malformed_lines.source_system
            and summary.entity = malformed_lines.entity

),

columns_of_tables as (

    select
        source_system,
        entity,
        min(rows_in) as least_rows_in,
        max(rows_in) as most_rows_in,
        sum(values_nulled) as values_nulled,
        sum(values_repaired) as values_repaired
    from {{ ref('data_quality_columns') }}
    group by source_system, entity

)

-- The faults of an erased person's summaries are not listed either.
select records.*
from records
full outer join columns_of_tables
    on records.source_system = columns_of_tables.source_system
        and records.entity = columns_of_tables.entity
where records.rows_in is distinct from columns_of_tables.least_rows_in
    or records.rows_in is distinct from columns_of_tables.most_rows_in
    or records.values_nulled > columns_of_tables.values_nulled
    or records.values_repaired > columns_of_tables.values_repaired
    or (
        records.rows_rejected = 0
        and records.entity <> 'customer_summaries'
        and (
            records.values_nulled < columns_of_tables.values_nulled
            or records.values_repaired < columns_of_tables.values_repaired
        )
    )

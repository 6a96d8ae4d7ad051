with

summary as (

    select * from {{ ref('data_quality_summary') }}

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

select summary.*
from summary
full outer join columns_of_tables
    on summary.source_system = columns_of_tables.source_system
        and summary.entity = columns_of_tables.entity
where summary.rows_in is distinct from columns_of_tables.least_rows_in
    or summary.rows_in is distinct from columns_of_tables.most_rows_in
    or summary.values_nulled > columns_of_tables.values_nulled
    or summary.values_repaired > columns_of_tables.values_repaired
    -- What is listed of records that are kept is all that there is where none is rejected.
    or (
        summary.rows_rejected = 0
        and (
            summary.values_nulled < columns_of_tables.values_nulled
            or summary.values_repaired < columns_of_tables.values_repaired
        )
    )

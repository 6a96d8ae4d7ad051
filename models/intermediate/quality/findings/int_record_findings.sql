{# What too many records of a raw table have: no place in it, or a key with others. #}
with

record_counts as (

    select * from {{ ref('int_staged_record_counts') }}

),

issues as (

    select * from {{ ref('int_staging_issues') }}

),

reasons as (

    select
        source_system,
        entity,
        issue,
        count(*) as record_count
    from issues
    where action = 'rejected'
    group by source_system, entity, issue

),

rejections as (

    select
        source_system,
        entity,
        max_by(issue, record_count) as issue,
        max(record_count) as record_count
    from reasons
    group by source_system, entity

),

issue_counts as (

    select
        source_system,
        entity,
        count(*) filter (where issue = 'malformed_line') as malformed_lines,
        count(*) filter (where action = 'rejected') as rejected_records,
        count(*) filter (where action = 'merged') as merged_records,
        count(distinct record_key) filter (where issue = 'conflicting_record')
            as conflicting_keys,
        min(record_key) filter (where issue = 'conflicting_record') as conflicting_key
    from issues
    group by source_system, entity

),

-- Nothing is lost: what came in is what was kept, merged or rejected.
counted as (

    select
        record_counts.source_system,
        record_counts.entity,
        record_counts.record_count as key_count,
        record_counts.record_count
        + coalesce(issue_counts.merged_records + issue_counts.rejected_records, 0)
            as rows_in,
        coalesce(issue_counts.malformed_lines, 0) as malformed_lines,
        coalesce(issue_counts.rejected_records, 0) as rejected_records,
        coalesce(issue_counts.conflicting_keys, 0) as conflicting_keys,
        issue_counts.conflicting_key,
        rejections.issue,
        rejections.record_count as issue_records
    from record_counts
    left join issue_counts
        on record_counts.source_system = issue_counts.source_system
            and record_counts.entity = issue_counts.entity
    left join rejections
        on record_counts.source_system = rejections.source_system
            and record_counts.entity = rejections.entity

),

unioned as (

    select
        'malformed_lines' as check_name,
        source_system,
        entity,
        malformed_lines as found,
        rows_in as records,
        malformed_lines || ' of ' || rows_in || ' lines do not fit the columns; '
        || 'expected as many values in a line as the line of column names has names.'
            as sentence
    from counted
    union all
    select
        'rejected_records' as check_name,
        source_system,
        entity,
        rejected_records as found,
        rows_in as records,
        rejected_records || ' of ' || rows_in || ' records are left out, '
        || issue_records || ' of them for ' || issue
        || '; data_quality_issues lists them.' as sentence
    from counted
    union all
    select
        'conflicting_records' as check_name,
        source_system,
        entity,
        conflicting_keys as found,
        key_count as records,
        conflicting_keys || ' of ' || key_count
        || ' keys have records that differ, for example '
        || {{ quoted_value('conflicting_key', is_id='true') }}
        || ', and no updated_at says which is the latest; expected '
        || case entity
            when 'orders'
                then 'one record for an order. It looks like lines of orders handed '
                    || 'over as orders: they belong in order_items'
            when 'order_items'
                then 'a line_number of its own for every line of an order, or none'
            else 'one record for a key, or updated_at'
        end || '.' as sentence
    from counted

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        cast(null as string) as column_name,
        sentence,

        ---------- numerics
        found,
        records,
        cast(found as double) / records as share
    from unioned
    where records > 0

)

select * from final

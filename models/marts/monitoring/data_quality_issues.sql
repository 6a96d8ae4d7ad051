with

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

erased_ids as (

    select * from changed_ids
    where reason = 'erased' or covered_until is not null

),

-- Nothing may tell that an erased person was ever a customer, nor who asks to be one no
-- more: what was wrong with their records is listed without an id.
staging_issues as (

    select
        issues.entity,
        case
            when issues.entity not in ('customers', 'customer_summaries')
                then issues.record_key
            when erased_ids.customer_id is not null then null
            -- The key of a summary is the id and, after a colon, the date; a line that
            -- is no record has neither.
            else coalesce(
                {{ published_id('issues.customer_id') }}
                || substr(issues.record_key, length(issues.customer_id) + 1),
                issues.record_key
            )
        end as record_key,
        issues.column_name,
        case
            when erased_ids.customer_id is not null
                and (
                    issues.entity in ('customers', 'customer_summaries')
                    or issues.column_name = 'customer_id'
                )
                then null
            else issues.raw_value
        end as raw_value,
        issues.issue,
        issues.action,
        issues.source_system
    from {{ ref('int_staging_issues') }} as issues
    left join erased_ids
        on {{ id_as_published(
            "issues.source_system || ':' || " ~ published_id('issues.customer_id')
        ) }} = erased_ids.customer_id

),

unioned as (

    select * from staging_issues
    union all
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from {{ ref('int_cross_record_issues') }}
    union all
    select
        entity,
        record_key,
        column_name,
        raw_value,
        issue,
        action,
        source_system
    from {{ ref('int_customer_change_issues') }}

),

-- An id that is an address is still an address.
final as (

    select
        ---------- strings
        entity,
        {{ without_contact('record_key', is_id='true') }} as record_key,
        column_name,
        {{ without_contact('raw_value', is_id='true') }} as raw_value,
        issue,
        action,
        source_system
    from unioned

)

select * from final

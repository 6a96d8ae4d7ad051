{{ config(post_hook={'sql': '{{ report_input_gate() }}', 'transaction': false}) }}
{% if is_package() %}{% do ref('int_installed_functions') %}{% endif %}

{#
    Every check of the input, and what it was made on. The table is written, then the hook
    warns of the rows that it should and stops the build at the others, so that no model
    behind this one is built.
#}
with

findings as (

    {% for model in [
        'int_column_findings',
        'int_format_findings',
        'int_currency_findings',
        'int_record_findings',
        'int_order_state_findings',
        'int_customer_id_findings',
        'int_loss_findings',
        'int_date_findings'
    ] %}
    select
        check_name,
        source_system,
        entity,
        column_name,
        sentence,
        found,
        records,
        share
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

input_checks as (

    select * from {{ ref('input_checks') }}

),

-- Of few records nothing follows: what would stop the build is then a warning, and what
-- would be a warning is passed over.
judged as (

    select
        findings.*,
        input_checks.warn_above,
        input_checks.stop_above,
        input_checks.minimum_records,
        case
            when findings.share > input_checks.stop_above then 2
            when findings.share > input_checks.warn_above then 1
            else 0
        end - cast(findings.records < input_checks.minimum_records as int) as severity
    from findings
    inner join input_checks
        on findings.check_name = input_checks.check_name

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,
        case
            when severity = 2 and check_name in ({{ accepted_checks() }})
                then 'accepted'
            when severity = 2 then 'stopped'
            when severity = 1 then 'warned'
            else 'passed'
        end as outcome,
        case
            when severity > 0
                then coalesce(entity || coalesce('.' || column_name, '') || ': ', '')
                    || sentence
        end as sentence,

        ---------- numerics
        cast(found as bigint) as found,
        cast(records as bigint) as records,
        round(share, 6) as share,
        warn_above,
        stop_above,
        minimum_records,

        ---------- dates
        cast('{{ build_day() }}' as date) as judged_on
    from judged

)

select * from final

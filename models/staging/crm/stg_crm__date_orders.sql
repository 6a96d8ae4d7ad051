{{ config(materialized='table', enabled=('crm' in valid_var('source_systems'))) }}

{% set date_pattern =
    '^([0-9]{1,2})[./-]([0-9]{1,2})([./-][0-9]{4}|[./][0-9]{2}([^0-9]|$))' %}
{% set date_columns = [] %}
{% for table_name, contract in raw_table_contract().items() %}
    {% for column_name, column in contract['columns'].items() %}
        {% if column['kind'] in ['date', 'timestamp'] %}
            {% do date_columns.append([table_name, column_name]) %}
        {% endif %}
    {% endfor %}
{% endfor %}

with

{% for table_name, column_name in date_columns %}
{{ table_name }}_{{ column_name }} as (

    select
        '{{ table_name }}' as table_name,
        '{{ column_name }}' as column_name,
        try_cast(
            regexp_extract({{ trimmed(column_name) }}, '{{ date_pattern }}', 1) as int
        ) as first_part,
        try_cast(
            regexp_extract({{ trimmed(column_name) }}, '{{ date_pattern }}', 2) as int
        ) as second_part
    from ({{ raw_records(table_name) }}) as raw_records
    where {{ has_type(column_name, 'text') }}
        and {{ iso_timestamp(column_name) }} is null

),

{% endfor %}
slashed_dates as (

    {% for table_name, column_name in date_columns %}
    select * from {{ table_name }}_{{ column_name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

date_columns as (

    {% for table_name, column_name in date_columns %}
    select
        '{{ table_name }}' as table_name,
        '{{ column_name }}' as column_name,
        '{{ valid_var("date_orders").get(table_name ~ "." ~ column_name, "auto") }}'
            as date_order
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        date_columns.table_name,
        date_columns.column_name,
        date_columns.date_order,
        count(*) filter (
            where slashed_dates.first_part > 12 and slashed_dates.second_part <= 12
        )
            as day_first_count,
        count(*) filter (
            where slashed_dates.second_part > 12 and slashed_dates.first_part <= 12
        )
            as month_first_count,
        count(*) filter (
            where slashed_dates.first_part <= 12 and slashed_dates.second_part <= 12
        )
            as ambiguous_count
    from date_columns
    left join slashed_dates
        on date_columns.table_name = slashed_dates.table_name
            and date_columns.column_name = slashed_dates.column_name
    group by all

),

final as (

    select
        ---------- strings
        table_name,
        column_name,
        date_order,

        ---------- numerics
        day_first_count,
        month_first_count,
        ambiguous_count,

        ---------- booleans
        case date_order
            when 'day_first' then true
            when 'month_first' then false
            else day_first_count >= month_first_count
        end as is_day_first,
        date_order = 'auto'
        and ambiguous_count > 0
        and day_first_count = month_first_count as is_undecided
    from counted

)

select * from final

{#
    The CTEs that follow `cleaned` in a model base_<system>__<entity>: they take the values
    away that cannot be true, say what was wrong with each, and why a record is rejected.
    Of columns that are `absent` there is nothing to say.
#}
{% macro judged_records(table_name, absent) %}
    {%- set contract = raw_table_contract()[table_name] -%}
    {%- set columns = contract['columns'] -%}
    {%- set first_id = columns | first -%}
    {%- set words = columns_of_words(table_name, absent) -%}
-- A value that could be read may still be a placeholder or out of range.
valued as (

    select
        {%- for name, column in columns.items() %}
        raw_{{ name }},
        {%- if has_style(column['kind']) %}
        style_{{ name }},
        {%- endif %}
        {%- if name in words or name in absent %}
        {{ name }}
        {%- else %}
        {{ name }} is null as is_unread_{{ name }},
        {{ usable_value(name, column, name) }} as {{ name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from cleaned

),

{% if words -%}
-- Behind the other values: a join takes them out of the dictionaries in which each
-- distinct value is read once.
understood as (

    select
        {%- for name, column in columns.items() %}
        raw_{{ name }},
        {%- if has_style(column['kind']) %}
        style_{{ name }},
        {%- endif %}
        {%- if name in words %}
        {{ usable_value(name, column, meaning_of_word(name, column['kind'])) }} as {{ name }}
        {%- elif name in absent %}
        {{ name }}
        {%- else %}
        is_unread_{{ name }},
        {{ name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from valued
    {{- word_joins(words) }}

),

{% endif -%}

-- The value before and after cleaning shows what was wrong with it.
judged as (

    select
        {%- for name, column in columns.items() %}
        raw_{{ name }},
        {{ name }},
        {%- if name in absent %}
        cast(null as string) as issue_{{ name }},
        {%- else %}
        {{ issue_with_value(name, column) }} as issue_{{ name }},
        {%- endif %}
        {%- endfor %}
        {{ is_header(table_name, first_id) }} as is_header,
        case
            when {{ is_header(table_name, first_id) }} then '{{ first_id }}'
            {%- if table_name == 'erasure_requests' %}
            when customer_id is null and email is null then 'customer_id'
            {%- endif %}
            {%- for name in contract['required'] %}
            when {{ is_unusable(name, columns[name]) }} then '{{ name }}'
            {%- endfor %}
        end as rejection_column
    from {{ 'understood' if words else 'valued' }}

),

final as (

    select
        {%- for name in columns %}
        raw_{{ name }},
        {%- endfor %}
        {%- for name in columns %}
        {{ name }},
        {%- endfor %}
        {%- for name in columns %}
        issue_{{ name }},
        {%- endfor %}
        rejection_column,
        case rejection_column
            {%- for name in (contract['required'] or [first_id]) %}
            when '{{ name }}'
                then case
                    {%- if name == first_id %}
                    when is_header then 'repeated_header'
                    {%- endif %}
                    when issue_{{ name }} in ('unparseable_value', 'impossible_value')
                        then issue_{{ name }}
                    else '{{ missing_issue(contract, name) }}'
                end
            {%- endfor %}
        end as rejection_issue
    from judged

)
{%- endmacro %}


{# A value that was read, or null where it is a placeholder or out of range. #}
{% macro usable_value(name, column, value) -%}
    {%- set faults = [] -%}
    {%- if column['kind'] in ['id', 'text', 'email', 'phone'] -%}
        {%- do faults.append(
            has_type('raw_' ~ name, 'text') ~ ' and (' ~ name ~ " = '' or "
            ~ is_placeholder(name, 'raw_' ~ name) ~ ')'
        ) -%}
    {%- elif valid_var('placeholder_values').get(name) -%}
        {%- do faults.append(is_placeholder(name, 'raw_' ~ name)) -%}
    {%- endif -%}
    {%- if column['kind'] in ['date', 'timestamp'] -%}
        {%- do faults.append(
            name ~ ' < ' ~ earliest_date(name) ~ ' or ' ~ name ~ ' >= ' ~ latest_date()
        ) -%}
    {%- endif -%}
    {%- if 'minimum' in column -%}
        {%- do faults.append(name ~ ' < ' ~ column['minimum']) -%}
    {%- endif -%}
    {%- if 'maximum' in column -%}
        {%- do faults.append(name ~ ' > ' ~ column['maximum']) -%}
    {%- endif -%}
    {%- if not faults -%}
    {{ value }}
    {%- else -%}
    case
        {%- for fault in faults %}
        when {{ fault }} then null
        {%- endfor %}
        else {{ value }}
    end
    {%- endif -%}
{%- endmacro %}


{# What was wrong with a raw value, or null. #}
{% macro issue_with_value(name, column) -%}
    case
        when raw_{{ name }} is null then null
        {%- if column['kind'] == 'id' %}
        -- An id that came as a whole number can have no fault.
        when {{ has_type('raw_' ~ name, 'number') }}
            and not {{ has_type('raw_' ~ name, 'fraction') }}
            then null
        {%- endif %}
        {%- if column['kind'] == 'order_status' %}
        when {{ name }} = 'unknown' then 'unparseable_value'
        {%- endif %}
        when {{ name }} is not null
            then case
                when {{ has_type('raw_' ~ name, 'text') }}
                    and not ({{ is_canonical(
                        column['kind'], 'raw_' ~ name, name, 'style_' ~ name
                    ) }})
                    then 'reformatted_value'
            end
        when {{ is_blank('raw_' ~ name) }} then null
        when {{ is_placeholder(name, 'raw_' ~ name) }} then 'placeholder_value'
        {%- if column['kind'] in kinds_of_words() %}
        else 'unparseable_value'
        {%- else %}
        when is_unread_{{ name }} then 'unparseable_value'
        else 'impossible_value'
        {%- endif %}
    end
{%- endmacro %}


{# Whether a raw value is empty, or only invisible characters. #}
{% macro is_blank(column) -%}
    case
        when {{ has_type(column, 'text') }}
            then {{ without_invisible(as_text(column)) }} in ('', '=""')
        else false
    end
{%- endmacro %}


{#
    Whether a value is null after cleaning. An id that came as a number is one if and
    only if it came at all, which is far cheaper to ask of hundreds of millions of them.
#}
{% macro is_unusable(name, column) -%}
    {%- if column['kind'] == 'id' -%}
        (
            raw_{{ name }} is null
            or (
                (
                    {{ has_type('raw_' ~ name, 'text') }}
                    or {{ has_type('raw_' ~ name, 'fraction') }}
                )
                and {{ name }} is null
            )
        )
    {%- else -%}
        {{ name }} is null
    {%- endif -%}
{%- endmacro %}


{# A line of column names among the records, as files have that were put together. #}
{% macro is_header(table_name, first_id) -%}
    {%- set own_name = var('crm_columns').get(table_name ~ '.' ~ first_id, first_id) -%}
    case
        when {{ has_type('raw_' ~ first_id, 'text') }}
            then {{ is_one_of(first_id, [first_id, own_name | replace("'", "''")]) }}
        else false
    end
{%- endmacro %}


{# What the lack of a required value is called. #}
{% macro missing_issue(contract, column_name) %}
    {%- if column_name in contract['key'] or not contract['key'] -%}
        {{ return('missing_key') }}
    {%- elif column_name == 'customer_id' -%}
        {{ return('missing_customer') }}
    {%- elif column_name == contract['date'] -%}
        {{ return('missing_date') }}
    {%- else -%}
        {{ return('missing_value') }}
    {%- endif -%}
{% endmacro %}

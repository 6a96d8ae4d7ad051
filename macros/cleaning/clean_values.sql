{#
    How a raw value of each kind becomes a typed one. A column that is typed already is
    cast, never turned into text: on hundreds of millions of rows that is what costs.

    parse_value       the typed value, or null
    is_canonical      whether a raw text already had the contract's own form
#}
{% macro parse_value(kind, column, style='null') -%}
    {%- if kind == 'id' -%}
        case
            -- Not-a-number is no id; a large one must not become 1e+16.
            when {{ has_type(column, 'fraction') }}
                then {{ fraction_as_id('try_cast(' ~ column ~ ' as double)') }}
            when {{ has_type(column, 'number') }} then cast({{ column }} as string)
            when {{ has_needless_decimals(trimmed(column)) }}
                then {{ dbt.split_part(trimmed(column), "'.'", 1) }}
            else {{ trimmed(column) }}
        end
    {%- elif kind == 'text' -%}
        {{ trimmed(column) }}
    {%- elif kind == 'email' -%}
        case
            when {{ trimmed(column) }} like '_%@_%._%'
                and {{ trimmed(column) }} not like '%@%@%'
                and {{ trimmed(column) }} not like '%.'
                and instr({{ trimmed(column) }}, ' ') = 0
                then lower({{ trimmed(column) }})
        end
    {%- elif kind == 'phone' -%}
        case
            -- 4.9E+10 has lost its last digits.
            when regexp_extract({{ trimmed(column) }}, '[0-9][eE][+]?[0-9]', 0) <> ''
                then null
            when length({{ regexp_replace_all(trimmed(column), '[^0-9]', '') }}) >= 7
                then {{ regexp_replace_all(trimmed(column), '([.]0$|[^0-9+x])', '') }}
        end
    {%- elif kind in ('timestamp', 'date') -%}
        cast(
            case
                when {{ has_type(column, 'time') }} then try_cast({{ column }} as timestamp)
                else coalesce(
                    {{ iso_timestamp(trimmed(column)) }},
                    {{ parse_date_text(trimmed(column), style, kind) }},
                    -- So that a year like 24 is called impossible rather than unreadable.
                    try_cast({{ trimmed(column) }} as timestamp)
                )
            end as {{ kind }}
        )
    {%- elif kind == 'money' -%}
        {{ parse_number(column, 'decimal(18, 4)') }}
    {%- elif kind == 'number' -%}
        {{ parse_number(column, 'double') }}
    {%- elif kind == 'integer' -%}
        try_cast(floor({{ parse_number(column, 'double') }}) as bigint)
    {%- elif kind == 'currency' -%}
        case
            when regexp_extract({{ trimmed(column) }}, '^[A-Za-z]{3}$', 0) <> ''
                then upper({{ trimmed(column) }})
        end
    {%- elif kind in kinds_of_words() -%}
        {{ parse_word(kind, column) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("parse_value knows no kind '" ~ kind ~ "'.") }}
    {%- endif -%}
{%- endmacro %}


{% macro is_canonical(kind, column) -%}
    {%- if kind == 'id' -%}
        not ({{ has_needless_decimals(trimmed(column)) }})
    {%- elif kind in ('text', 'email', 'phone') -%}
        true
    {%- elif kind in ('timestamp', 'date') -%}
        {{ iso_timestamp(column) }} is not null
    {%- elif kind == 'money' -%}
        try_cast({{ column }} as decimal(18, 4)) is not null
    {%- elif kind in ('number', 'integer') -%}
        try_cast({{ column }} as double) is not null
    {%- elif kind == 'currency' -%}
        {{ trimmed(column) }} = upper({{ trimmed(column) }})
    {%- elif kind in kinds_of_words() -%}
        {{ is_canonical_word(kind, column) }}
    {%- endif -%}
{%- endmacro %}


{% macro trimmed(column) -%}
    trim(cast({{ column }} as string))
{%- endmacro %}


{# An id that went through a column of fractions: 17850.0. #}
{% macro has_needless_decimals(text) -%}
    case
        when {{ text }} like '%.0%'
            then regexp_extract({{ text }}, '^-?[0-9]+[.]0+$', 0) <> ''
        else false
    end
{%- endmacro %}


{% macro fraction_as_id(fraction) -%}
    case
        when {{ fraction }} = floor({{ fraction }})
            then cast(try_cast({{ fraction }} as bigint) as string)
        else cast({{ fraction }} as string)
    end
{%- endmacro %}


{% macro parse_number(column, type) -%}
    {%- set number -%}
        try_cast({{ column }} as {{ type }})
    {%- endset -%}
    {%- if type == 'double' -%}
        {#- As far as money reaches: not-a-number and infinity would spoil every sum. -#}
        {%- set number -%}
            case when {{ number }} between -1e14 and 1e14 then {{ number }} end
        {%- endset -%}
    {%- endif -%}
    case
        when {{ has_type(column, 'text') }}
            then coalesce(
                {{ number }},
                try_cast({{ plain_number(trimmed(column)) }} as {{ type }})
            )
        else {{ number }}
    end
{%- endmacro %}


{#
    Text such as `€ 1.234,50` as a plain number, `1234.50`. Blanks, currencies and the
    apostrophes of Swiss thousands are dropped; of two kinds of separator the last is
    the decimal one; a single comma separates thousands where exactly three digits
    follow it and no zero comes first. A minus may come last, or as the parentheses of
    an accountant.
#}
{% macro plain_number(text) -%}
    {%- set currencies = 'eur|usd|gbp|chf|[$€£¥]' -%}
    {%- set blanks = '[ \u00a0\u2009\u202f]' -%}
    {%- set unsigned = regexp_replace_all(
        'lower(' ~ text ~ ')', '(' ~ currencies ~ '|' ~ blanks ~ '|[)’]|^[+])', ''
    ) -%}
    {%- set digits = "replace(translate(" ~ unsigned ~ ", '(−', '--'), chr(39), '')" -%}
    {#- Within a case, so that it is evaluated for no row that needs none of it. -#}
    case
        when length({{ text }}) <= 40
            then case when {{ digits }} like '%-%' then '-' else '' end || replace(
                case
                    -- 1,234,567.50 and 12,34,567.50
                    when regexp_extract(
                        {{ digits }},
                        '^-?[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3}([.][0-9]*)?-?$', 0
                    ) <> ''
                        then replace({{ digits }}, ',', '')
                    -- 1.234,50 and 1.234.567
                    when regexp_extract(
                        {{ digits }},
                        '^-?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]*|[.][0-9]{3})-?$', 0
                    ) <> ''
                        then replace(replace({{ digits }}, '.', ''), ',', '.')
                    -- 1234,5
                    when regexp_extract({{ digits }}, '^-?[0-9]+,[0-9]*-?$', 0) <> ''
                        then replace({{ digits }}, ',', '.')
                    when regexp_extract(
                        {{ digits }}, '^-?([0-9]+[.]?[0-9]*|[.][0-9]+)-?$', 0
                    ) <> ''
                        then {{ digits }}
                end,
                '-', ''
            )
    end
{%- endmacro %}


{# A timestamp from an ISO date; an engine would read 5/3/24 as one of the year 5. #}
{% macro iso_timestamp(text) -%}
    case
        when try_cast({{ text }} as timestamp) >= cast('1000-01-01' as date)
            then try_cast({{ text }} as timestamp)
    end
{%- endmacro %}


{# A timestamp from text that is no ISO date. #}
{% macro parse_date_text(text, is_day_first, kind) -%}
    {%- set slashed -%}
        replace(replace({{ text }}, '.', '/'), '-', '/')
    {%- endset -%}
    {#- Not with dashes: 05-03-24 may as well begin with its year. -#}
    {%- set pointed -%}
        replace({{ text }}, '.', '/')
    {%- endset -%}
    coalesce(
        case
            when {{ is_day_first }}
                then coalesce(
                    {{ not_ahead(try_parse_timestamp(
                        pointed, with_clock_times('%d/%m/%y')
                    )) }},
                    {{ try_parse_timestamp(slashed, with_clock_times('%d/%m/%Y')) }}
                )
            else coalesce(
                {{ not_ahead(try_parse_timestamp(
                    pointed, with_clock_times('%m/%d/%y')
                )) }},
                {{ try_parse_timestamp(slashed, with_clock_times('%m/%d/%Y')) }}
            )
        end,
        case
            when regexp_extract({{ text }}, '^[0-9]{8}([.]0)?$', 0) <> ''
                then {{ try_parse_timestamp('substr(' ~ text ~ ', 1, 8)', ['%Y%m%d']) }}
            {%- if kind == 'date' %}
            -- A year alone, as of a birth, is taken as its middle.
            when regexp_extract({{ text }}, '^[0-9]{4}([.]0)?$', 0) <> ''
                then try_cast(substr({{ text }}, 1, 4) || '-07-01' as timestamp)
            {%- endif %}
            else coalesce(
                {{ not_ahead(try_parse_timestamp(text, ['%d-%b-%y'])) }},
                {{ try_parse_timestamp(text, [
                    '%d-%b-%Y', '%d %b %Y', '%b %d, %Y', '%d %B %Y', '%B %d, %Y'
                ]) }},
                {{ try_parse_timestamp(slashed, ['%Y/%m/%d']) }}
            )
        end
    )
{%- endmacro %}


{# The formats of a date that may be followed by a time of day. #}
{% macro with_clock_times(format) %}
    {{ return([
        format, format ~ ' %H:%M', format ~ ' %H:%M:%S',
        format ~ ' %I:%M %p', format ~ ' %I:%M:%S %p'
    ]) }}
{% endmacro %}


{# Two digits of a year that would lie ahead, as of a birth, are of the century before. #}
{% macro not_ahead(timestamp) -%}
    case
        when {{ timestamp }} >= {{ latest_date() }}
            then {{ dbt.dateadd('year', -100, timestamp) }}
        else {{ timestamp }}
    end
{%- endmacro %}


{#
    The first and last moment a raw date may name: activity from 1990 to the load,
    births up to 110 years back. A day of grace covers time zones ahead of UTC.
#}
{% macro earliest_date(column_name) -%}
    {%- set load_date = run_started_at.date() -%}
    {%- if column_name == 'birth_date' -%}
        cast('{{ load_date.replace(year=load_date.year - 110, day=1) }}' as date)
    {%- else -%}
        cast('1990-01-01' as date)
    {%- endif -%}
{%- endmacro %}

{% macro latest_date() -%}
    cast('{{ (run_started_at + modules.datetime.timedelta(days=1)).date() }}' as date)
{%- endmacro %}


{#
    Whether the raw value is one of those that stand for "not known". The var is checked
    once a table, by cleaned_records: to check it takes longer than all else here.
#}
{% macro is_placeholder(column_name, column) -%}
    {%- set values = var('placeholder_values') -%}
    {{ is_one_of(column, (values.get("any") or []) + (values.get(column_name) or [])) }}
{%- endmacro %}


{#
    Whether a value is one of a list of words in any case. Spelled as a search in one
    text because an IN list becomes a join that is made for every row, needed or not.
    Most values are longer than any of the words.
#}
{% macro is_one_of(column, words) -%}
    {%- set lengths = words | map('length') | list -%}
    case
        when length({{ trimmed(column) }}) <= {{ lengths | max or 0 }}
            then instr(
                '|{{ words | join("|") | lower }}|', '|' || lower({{ trimmed(column) }}) || '|'
            ) > 0
        else false
    end
{%- endmacro %}

{#
    A time or day from whatever came. The contract's own form is cast; of other text the
    digits, words and offsets are taken apart by one pattern, so that nothing that is
    left over is swallowed.
#}
{% macro parse_date(column, style, kind) -%}
    cast(
        case
            when {{ has_type(column, 'instant') }}
                then {{ in_time_zone(utc_of_instant(column)) }}
            when {{ has_type(column, 'time') }} then try_cast({{ column }} as timestamp)
            else coalesce(
                case
                    when {{ is_iso_text(as_text(column)) }}
                        then {{ iso_timestamp(as_text(column)) }}
                end,
                case
                    when {{ is_iso_instant(as_text(column)) }}
                        then {{ in_time_zone(utc_of_instant(as_text(column))) }}
                end,
                {{ parse_date_text(plain_text(column), style, kind) }}
            )
        end as {{ kind }}
    )
{%- endmacro %}


{# yyyy-mm-dd with or without hh:mm:ss behind, and nothing else. #}
{% macro is_iso_text(text) -%}
    ({{ text }} like '____-__-__' or {{ text }} like '____-__-_____:__:__')
{%- endmacro %}


{# The same with an offset, and nothing else. #}
{% macro is_iso_instant(text) -%}
    case
        when {{ text }} like '____-__-_____:__:__%'
            then {{ has_match(text, '[0-9]([zZ]|[-+][0-9]{2}(:?[0-9]{2})?)$') }}
        else false
    end
{%- endmacro %}


{# A timestamp from an ISO date; an engine would read 5/3/24 as one of the year 5. #}
{% macro iso_timestamp(text) -%}
    case
        when {{ try_year_first(text) }} >= cast('1000-01-01' as date)
            then {{ try_year_first(text) }}
    end
{%- endmacro %}


{# In the order of ISO 8601, and with nothing behind that an engine would pass over. #}
{% macro is_canonical_date(column) -%}
    case
        when {{ is_iso_text(as_text(column)) }} or {{ is_iso_instant(as_text(column)) }}
            then true
        else {{ iso_timestamp(trimmed(column)) }} is not null
            and {{ has_match(trimmed(column), '[0-9zZ]$') }}
    end
{%- endmacro %}


{% macro parse_date_text(text, style, kind) -%}
    {%- set value -%}
        case
            when {{ has_match('v.text', '^[0-9]+([.,][0-9]*)?$') }}
                then {{ date_from_number('v.text', kind) }}
            else {{ date_from_words('v.text', 'v.is_day_first') }}
        end
    {%- endset -%}
    {{ computed_once({'text': text, 'is_day_first': style}, value) }}
{%- endmacro %}


{#
    A date written as one number, whose unit its count of digits tells: a day of a
    spreadsheet (5), yyyymmdd (8), seconds since 1970 (9, 10) and their thousandths (12,
    13), millionths (16) or billionths (19), yyyymmddhhmm (12) with seconds (14). As a
    day a year alone (4), as of a birth, is its middle.
#}
{% macro date_from_number(text, kind) -%}
    {%- set date -%}
        case
            {%- if kind == 'date' %}
            when e.size = 4 then try_cast(e.digits || '-07-01' as timestamp)
            {%- endif %}
            when e.size = 5
                then {{ utc_of_microseconds('round((e.number - 25569) * 86400) * 1000000') }}
            -- As milliseconds 630000000000 is in 1989, and no year is so late.
            when e.size in (8, 14) or (e.size = 12 and e.number < 630000000000)
                then try_cast(
                    substr(e.digits, 1, 4) || '-' || substr(e.digits, 5, 2)
                    || '-' || substr(e.digits, 7, 2)
                    || ' ' || substr(e.digits || '0000', 9, 2)
                    || ':' || substr(e.digits || '000000', 11, 2)
                    || ':' || substr(e.digits || '000000', 13, 2) as timestamp
                )
            when e.size in (9, 10, 12, 13, 16, 19)
                then {{ in_time_zone(utc_of_microseconds(
                    'e.number * case when e.size < 11 then 1000000'
                    ~ ' when e.size < 14 then 1000 when e.size = 16 then 1 else 0.001 end'
                )) }}
        end
    {%- endset -%}
    {%- set digits = regexp_replace_first(text, '[.,].*$', '') -%}
    {{ computed_once(
        {
            'digits': digits,
            'size': 'length(' ~ digits ~ ')',
            'number': 'try_cast(replace(' ~ text ~ ", ',', '.') as decimal(28, 9))"
        },
        date, 'e'
    ) }}
{%- endmacro %}


{# A moment in UTC as the clock of var time_zone showed it. #}
{% macro in_time_zone(utc) -%}
    {%- set time_zone = var('time_zone') -%}
    {{ utc if time_zone == 'UTC' else clock_time(utc, time_zone) }}
{%- endmacro %}

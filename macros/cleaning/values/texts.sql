{#
    Texts, ids, emails and phone numbers. Most need no more than their blanks trimmed;
    one search tells which do.
#}

{#
    A text in one spelling: composed letters (NFC), every run of blanks as one blank, no
    invisible characters, out of the ="..." by which a spreadsheet keeps leading zeros.
#}
{% macro spelled_text(column) -%}
    case
        when {{ has_rare_match(as_text(column), '[^ -~]|  |^=') }}
            then {{ trim_unwrapped(in_one_spelling(as_text(column))) }}
        else {{ trimmed(column) }}
    end
{%- endmacro %}


{% macro as_text(column) -%}
    cast({{ column }} as string)
{%- endmacro %}


{# The content of ="00456" and of '00456. #}
{% macro trim_unwrapped(text) -%}
    trim({{ regexp_replace_first(
        'trim(' ~ text ~ ')', '^(?:="(.*)"|\\x27([-+0-9].*))$', "\\1\\2"
    ) }})
{%- endmacro %}


{% macro parse_id(column) -%}
    case
        -- Not-a-number is no id; a large one must not become 1e+16.
        when {{ has_type(column, 'fraction') }}
            then {{ fraction_as_id(
                'nullif(try_cast(' ~ column ~ " as double), cast('nan' as double))"
            ) }}
        when {{ has_type(column, 'number') }} then cast({{ column }} as string)
        when {{ has_rare_match(
            as_text(column), '[^!-~]|^[=\\x27]|[.]0|[.,].*[eE]|[eE][+]|@'
        ) }}
            then {{ repaired_id(column) }}
        else {{ as_text(column) }}
    end
{%- endmacro %}


{#
    An id without its invisible characters and without the .0 of a column of fractions.
    One with an exponent, 1.23E+05, has lost its last digits. 12E3 may be a code. One that
    is an email address is written like one, in lower case.
#}
{% macro repaired_id(column) -%}
    {%- set id -%}
        case
            when {{ has_match('v.id',
                '^[-+]?[0-9]+([.,][0-9]+[eE][-+]?|[eE][+])[0-9]+$') }}
                then null
            when {{ has_match('v.id', '^-?[0-9]+[.]0+$') }}
                then {{ dbt.split_part('v.id', "'.'", 1) }}
            when v.id like '_%@_%._%' then lower(v.id)
            else v.id
        end
    {%- endset -%}
    {{ computed_once(
        {'id': trim_unwrapped(with_usual_signs(without_invisible(as_text(column))))}, id
    ) }}
{%- endmacro %}


{% macro fraction_as_id(fraction) -%}
    case
        when {{ fraction }} = floor({{ fraction }})
            then cast(try_cast({{ fraction }} as bigint) as string)
        else cast({{ fraction }} as string)
    end
{%- endmacro %}


{% macro parse_email(column) -%}
    {%- set email -%}
        case
            when v.email like '_%@_%._%'
                and v.email not like '%@%@%'
                and v.email not like '%.'
                and instr(v.email, ' ') = 0
                then lower(v.email)
        end
    {%- endset -%}
    {{ computed_once({'email': spelled_text(column)}, email) }}
{%- endmacro %}


{% macro parse_phone(column) -%}
    {%- set phone -%}
        case
            -- 4.9E+10 has lost its last digits.
            when {{ has_match('v.phone', '[0-9][eE][+]?[0-9]') }} then null
            when length({{ regexp_replace_all('v.phone', '[^0-9]', '') }}) >= 7
                then {{ regexp_replace_all('v.phone', '([.]0$|[^0-9+x])', '') }}
        end
    {%- endset -%}
    {{ computed_once({'phone': plain_text(column)}, phone) }}
{%- endmacro %}

{#
    Numbers and amounts from whatever came. What the engine reads is cast, unless the
    column is known to have decimal commas; of other text signs, currencies and digits
    are taken apart by one pattern that spans it all, so that no word is swallowed.

    unit    what may follow a number, if anything, and the power of ten that it means
#}
{% macro parse_number(column, type, style, unit=['', '']) -%}
    {%- set number -%}
        coalesce(
            try_cast({{ with_decimal_point(as_text(column), style) }} as {{ type }}),
            try_cast({{ number_from_text(
                plain_text(column), style, unit, type != 'double'
            ) }} as {{ type }})
        )
    {%- endset -%}
    case
        when {{ has_type(column, 'text') }}
            then {{ number if type != 'double'
                else computed_once({'number': number}, within_range('v.number')) }}
        else {{ 'try_cast(' ~ column ~ ' as ' ~ type ~ ')' if type != 'double'
            else within_range('try_cast(' ~ column ~ ' as double)') }}
    end
{%- endmacro %}


{# A share of one, which may be written as 12.5%. #}
{% macro parse_rate(column, style) -%}
    {{ parse_number(column, 'double', style, [' ?%', 'e-2']) }}
{%- endmacro %}


{# A number of five, which may be written as 4/5. #}
{% macro parse_rating(column, style) -%}
    {{ parse_number(column, 'double', style, [' ?/ ?5', 'e0']) }}
{%- endmacro %}


{# As far as money reaches: not-a-number and infinity would spoil every sum. #}
{% macro within_range(number) -%}
    case when {{ number }} between -1e14 and 1e14 then {{ number }} end
{%- endmacro %}


{#
    A text that the engine's own reading may be tried on. In a column with decimal commas
    12,50 is 12.50, and a text with a point is left to number_from_text.
#}
{% macro with_decimal_point(text, style) -%}
    case
        when not coalesce({{ style }}, false) then {{ text }}
        when instr({{ text }}, '.') = 0 then replace({{ text }}, ',', '.')
    end
{%- endmacro %}


{% macro is_canonical_number(column, type, style) -%}
    try_cast({{ column }} as {{ type }}) is not null
    and not (coalesce({{ style }}, false) and instr({{ as_text(column) }}, '.') > 0)
{%- endmacro %}


{#
    Plain text such as `€ 1.234,50` as a number that an engine reads, `1234.50`. A minus
    may come last, or as the parentheses or the CR of an accountant: in the books of a
    shop a credit to the customer is negative and a debit is not.
#}
{% macro number_from_text(text, style, unit, is_money) -%}
    {%- set number -%}
        case
            when n.parts.currency || n.parts.currency_behind = ''
                {%- if is_money %}
                or {{ is_currency('n.parts.currency || n.parts.currency_behind') }}
                {%- endif %}
                then case
                    n.parts.sign || n.parts.inner_sign || n.parts.sign_behind
                    || n.parts.book || n.parts.last_sign
                    when '' then ''
                    when '+' then ''
                    when 'dr' then ''
                    when '-' then '-'
                    when '()' then '-'
                    when 'cr' then '-'
                end
                || {{ digits_with_point(
                    "n.parts.digits || replace(n.parts.no_cents, '-', '0')",
                    'n.is_decimal_comma'
                ) }}
                || case when n.parts.unit = '' then '' else '{{ unit[1] }}' end
        end
    {%- endset -%}
    {{ computed_once(
        {'parts': number_parts(text, unit[0]), 'is_decimal_comma': style}, number, 'n'
    ) }}
{%- endmacro %}


{# The signs, words and digits of a number; 12,- has no cents. #}
{% macro number_parts(text, unit='') -%}
    {%- set sign = '([-+()]*) ?' -%}
    {%- set currency = '[^-0-9.,\\x27()+%/ ][^-0-9,\\x27()+%]*' -%}
    {{ regexp_groups(
        text,
        '^' ~ sign ~ '(' ~ currency ~ ')?' ~ sign
        ~ '([.,]?[0-9][0-9., \\x27]*?)([.,]-{1,2})?(' ~ unit ~ ')? ?' ~ sign
        ~ '(' ~ currency ~ '?)?? ?([cd]r)?[.]? ?' ~ sign ~ '$',
        [
            'sign', 'currency', 'inner_sign', 'digits', 'no_cents', 'unit', 'sign_behind',
            'currency_behind', 'book', 'last_sign'
        ]
    ) }}
{%- endmacro %}


{#
    Digits without what separates thousands and with a decimal point. Of two kinds of
    separator the last is the decimal one; one that comes twice separates thousands; one
    not before three digits is decimal. 1,234 and 1.234 are what their column says; where
    it says nothing, the comma separates thousands and the point does not.
#}
{% macro digits_with_point(digits, is_decimal_comma) -%}
    case
        when {{ has_match(digits, '^[1-9][0-9]{0,2}[.,][0-9]{3}$') }}
            then case
                when {{ is_decimal_comma }}
                    then replace(replace({{ digits }}, '.', ''), ',', '.')
                else replace({{ digits }}, ',', '')
            end
        -- 1 234,50 and 1'234.50
        when {{ has_match(digits, '^[0-9]{1,3}([ \\x27][0-9]{3})+([.,][0-9]*)?$') }}
            then replace(translate({{ digits }}, ' ''', ''), ',', '.')
        -- 1234,5 and 1.234,50 and 1.234.567
        when {{ has_match(
            digits,
            '^([0-9]*|[1-9][0-9]{0,2}([.][0-9]{3})+),[0-9]*$'
            ~ '|^[1-9][0-9]{0,2}([.][0-9]{3}){2,}$'
        ) }}
            then replace(replace({{ digits }}, '.', ''), ',', '.')
        -- 1234.5 and 1,234.50 and 12,34,567
        when {{ has_match(
            digits, '^([0-9]*|[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3})([.][0-9]*)?$'
        ) }}
            then replace({{ digits }}, ',', '')
    end
{%- endmacro %}

{#
    How a raw value of each kind becomes a typed one. A column that is typed already is
    cast, never turned into text: on hundreds of millions of rows that is what costs. Of
    a text the contract's own form is tried first, for the same reason.

    parse_value       the typed value, or null; of a word, what the list of words has for
                      it, whose meaning judged_records adds
    is_canonical      whether a raw text already had the contract's own form, by the value
                      that was read from it
    style_evidence    what a raw text says about the style of its column

    style             SQL for what was decided for the whole column, null where nothing
                      was: of dates, whether the day comes first; of numbers, whether
                      the comma is the decimal separator
#}
{% macro parse_value(kind, column, style='cast(null as boolean)') -%}
    {%- if kind == 'id' -%}
        {{ parse_id(column) }}
    {%- elif kind == 'text' -%}
        {{ spelled_text(column) }}
    {%- elif kind == 'email' -%}
        {{ parse_email(column) }}
    {%- elif kind == 'phone' -%}
        {{ parse_phone(column) }}
    {%- elif kind in ('timestamp', 'date') -%}
        {{ parse_date(column, style, kind) }}
    {%- elif kind == 'money' -%}
        {{ parse_number(column, 'decimal(18, 4)', style) }}
    {%- elif kind == 'number' -%}
        {{ parse_number(column, 'double', style) }}
    {%- elif kind == 'rate' -%}
        {{ parse_rate(column, style) }}
    {%- elif kind == 'rating' -%}
        {{ parse_rating(column, style) }}
    {%- elif kind == 'integer' -%}
        try_cast(floor({{ parse_number(column, 'double', style) }}) as bigint)
    {%- elif kind == 'currency' -%}
        {{ parse_currency(column) }}
    {%- elif kind in kinds_of_words() -%}
        {{ word_of(column) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("parse_value knows no kind '" ~ kind ~ "'.") }}
    {%- endif -%}
{%- endmacro %}


{% macro is_canonical(kind, column, value, style) -%}
    {%- if kind in ('id', 'text', 'currency') -%}
        {{ trimmed(column) }} = {{ value }}
    {%- elif kind in ('email', 'phone') -%}
        true
    {%- elif kind in ('timestamp', 'date') -%}
        {{ is_canonical_date(column) }}
    {%- elif kind == 'money' -%}
        {{ is_canonical_number(column, 'decimal(18, 4)', style) }}
    {%- elif kind in ('number', 'integer', 'rate', 'rating') -%}
        {{ is_canonical_number(column, 'double', style) }}
    {%- elif kind in kinds_of_words() -%}
        {{ is_canonical_word(kind, column) }}
    {%- endif -%}
{%- endmacro %}


{#
    What a raw text says about the style of its column: name -> SQL condition. Two names
    of a kind never hold for one value.
#}
{% macro style_evidence(kind, column) %}
    {% if kind in ('timestamp', 'date') %}
        {{ return(date_evidence(column)) }}
    {% elif kind in ('money', 'number', 'integer', 'rate', 'rating') %}
        {{ return(number_evidence(column)) }}
    {% endif %}
    {{ return({}) }}
{% endmacro %}


{% macro trimmed(column) -%}
    trim(cast({{ column }} as string))
{%- endmacro %}

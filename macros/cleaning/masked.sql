{# The shape of a text, every digit a 9 and every letter an a. #}
{% macro masked(text) -%}
    {{ regexp_replace_all(regexp_replace_all(text, '[0-9]', '9'), '[^0-9 @./:+-]', 'a') }}
{%- endmacro %}


{#
    Whether a text holds an email address or a phone number, wherever it stands. A phone
    number is known by its form: +49 30 1234567, (030) 123456, 0170 1234567, 555-123-4567.
    An id may look like the last two, so of ids only the sign of a country counts.
#}
{% macro has_contact(text, is_id='false') -%}
    (
        {{ has_match(text, '@|[+][ (]*[0-9]([ ()./-]*[0-9]){6,}') }}
        or not {{ is_id }}
        and {{ has_match(text, phone_forms() | join('|')) }}
    )
{%- endmacro %}

{% macro phone_forms() %}
    {{ return([
        '[(][0-9]{2,5}[)][ ./-]*[0-9]([ ./-]*[0-9]){4,}',
        '(^|[^0-9])00?[1-9][0-9]{1,4}[ /-]+[0-9]([ ./-]*[0-9]){4,}',
        '(^|[^0-9])[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}([^0-9]|$)'
    ]) }}
{% endmacro %}


{# A text, or its shape where an email address or a phone number is in it. #}
{% macro without_contact(text, is_id='false') -%}
    case when {{ has_contact(text, is_id) }} then {{ masked(text) }} else {{ text }} end
{%- endmacro %}


{#
    What to know a person by in any text: names in one spelling, and the end of a phone
    number, which is the same with and without the code of a country.
#}
{% macro personal_text(names, phone) -%}
    coalesce({{ without_accents('lower(' ~ names ~ ')') }}, '') || ' '
    || coalesce(right({{ regexp_replace_all(phone, '[^0-9]', '') }}, 7), '')
{%- endmacro %}

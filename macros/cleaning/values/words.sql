{# Kinds whose values are words. #}

{% macro parse_boolean(column) -%}
    case
        when {{ has_type(column, 'boolean') }} then try_cast({{ column }} as boolean)
        when {{ is_one_of(column, ['true', '1', 't', 'yes', 'y', '1.0']) }} then true
        when {{ is_one_of(column, ['false', '0', 'f', 'no', 'n', '0.0']) }} then false
    end
{%- endmacro %}


{% macro parse_gender(column) -%}
    (
        select max(synonyms.gender)
        from {{ ref('gender_synonyms') }} as synonyms
        where synonyms.synonym = lower({{ trimmed(column) }})
    )
{%- endmacro %}


{% macro parse_order_status(column) -%}
    case
        when {{ column }} = 'completed' then 'completed'
        {%- for status, words in order_status_words().items() %}
        when {{ is_one_of(column, words) }} then '{{ status }}'
        {%- endfor %}
    end
{%- endmacro %}


{# The words of other systems for the three states of an order. #}
{% macro order_status_words() %}
    {{ return({
        'completed': ['completed', 'complete', 'delivered', 'shipped', 'paid'],
        'returned': ['returned', 'return', 'refunded', 'refund'],
        'cancelled': ['cancelled', 'canceled', 'void']
    }) }}
{% endmacro %}


{#
    Whether the raw value is one of those that stand for "not known". NA is the code of
    Namibia: as a country it is one only where the list for country says so.
#}
{% macro is_placeholder(column_name, column) -%}
    {%- set values = valid_var('placeholder_values') -%}
    {%- set usual_values = values.get('any') or [] -%}
    {%- if column_name == 'country' -%}
        {%- set usual_values = usual_values | reject('in', ['na', 'NA']) | list -%}
    {%- endif -%}
    {{ is_one_of(column, usual_values + (values.get(column_name) or [])) }}
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


{#
    What a word stands for by a mapping, null where it is no key. Spelled as a search in
    one text for the reason that is_one_of gives.
#}
{% macro meaning_of(word, meanings) -%}
    {%- set entries = [] -%}
    {%- for key, value in meanings.items() -%}
        {%- do entries.append(key ~ '=' ~ value) -%}
    {%- endfor -%}
    nullif(split_part(split_part(
        '|{{ entries | join("|") }}|', '|' || {{ word }} || '=', 2
    ), '|', 1), '')
{%- endmacro %}

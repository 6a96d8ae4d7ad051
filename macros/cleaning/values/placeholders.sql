{#
    Whether the raw value is one of those that stand for "not known". NA is the code of
    Namibia: as a country it is one only where the list for country says so. A var that is
    no mapping is refused; to check all of it for every column would take too long.
#}
{% macro is_placeholder(column_name, column) -%}
    {%- set values = var('placeholder_values') -%}
    {%- if values is not mapping -%}
        {%- set values = valid_var('placeholder_values') -%}
    {%- endif -%}
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
    {%- set list = "'|" ~ entries | join('|') ~ "|'" -%}
    nullif({{ dbt.split_part(
        dbt.split_part(list, "'|' || " ~ word ~ " || '='", 2), "'|'", 1
    ) }}, '')
{%- endmacro %}

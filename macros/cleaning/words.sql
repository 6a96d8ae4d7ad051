{#
    What words mean here: the seed input_words says so. Words are compared in lower case,
    without the blanks around them, and as if every `_` and `-` were a blank. They are
    joined, because a subquery would keep a copy of the whole table to find the words in.
#}

{% macro kinds_of_words() %}
    {{ return(['order_status', 'gender'] + boolean_kinds()) }}
{% endmacro %}

{% macro boolean_kinds() %}
    {{ return(['boolean', 'consent', 'control', 'conversion']) }}
{% endmacro %}


{# The columns of a table, but for those `absent`, whose values are words: name -> kind. #}
{% macro columns_of_words(table_name, absent) %}
    {% set words = {} %}
    {% for name, column in raw_table_contract()[table_name]['columns'].items()
        if column['kind'] in kinds_of_words() and name not in absent %}
        {% do words.update({name: column['kind']}) %}
    {% endfor %}
    {{ return(words) }}
{% endmacro %}


{# How the contract itself says what a value of a kind may be. #}
{% macro canonical_words(kind) %}
    {{ return({
        'order_status': ['completed', 'open', 'cancelled', 'returned'],
        'gender': ['female', 'male', 'other']
    }.get(kind, ['true', 'false', '1', '0', '1.0', '0.0'])) }}
{% endmacro %}


{# A raw value as the list of words would have it. A typed column has no words. #}
{% macro word_of(column) -%}
    case when {{ has_type(column, 'text') }} then {{ folded(column) }} end
{%- endmacro %}


{#
    The joins that lead from words to their meaning, for each column `x` of `words` a
    relation `x_words`.
#}
{% macro word_joins(words) -%}
    {%- for name, kind in words.items() %}
    left join ({{ word_meanings(kind) }}) as {{ name }}_words
        on valued.{{ name }} = {{ name }}_words.word
    {%- endfor %}
{%- endmacro %}


{# The words of a kind, each once. Those for yes and no hold for every boolean. #}
{% macro word_meanings(kind) %}
        select
            {{ folded('word') }} as word,
            max(meaning) as meaning
        from {{ ref('input_words') }}
        where kind in ({{ quoted(['boolean', kind] if kind in boolean_kinds() else [kind]) }})
        group by {{ folded('word') }}
    {%- endmacro %}


{#
    What the word of a column means, or null. A state of an order that no list knows is
    `unknown` rather than null, which stands for one that is not said: it must not count
    as a sale.
#}
{% macro meaning_of_word(name, kind) -%}
    {%- set column = 'raw_' ~ name -%}
    {%- set meaning = name ~ '_words.meaning' -%}
    {%- if kind in boolean_kinds() -%}
        case
            when {{ has_type(column, 'boolean') }} then try_cast({{ column }} as boolean)
            when {{ is_one_of(column, ['true', '1', '1.0']) }} then true
            when {{ is_one_of(column, ['false', '0', '0.0']) }} then false
            else {{ meaning }} = 'true'
        end
    {%- else -%}
        coalesce(
            {{ meaning }},
            case
                when {{ is_one_of(column, canonical_words(kind)) }}
                    then lower({{ trimmed(column) }})
                {%- if kind == 'order_status' %}
                when {{ trimmed(column) }} <> ''
                    and not {{ is_placeholder('status', column) }}
                    then 'unknown'
                {%- endif %}
            end
        )
    {%- endif -%}
{%- endmacro %}


{% macro is_canonical_word(kind, column) -%}
    {%- if kind in boolean_kinds() -%}
        {{ is_one_of(column, canonical_words(kind)) }}
    {%- else -%}
        {{ trimmed(column) }} in ({{ quoted(canonical_words(kind)) }})
    {%- endif -%}
{%- endmacro %}


{#
    Replaced one by one: an engine does that once for each distinct value of a column, but
    translates each row.
#}
{% macro folded(column) -%}
    {%- set folds = namespace(text=composed('lower(' ~ trimmed(column) ~ ')')) -%}
    {%- for signs in ['_', '-', '\u00a0', '  ', '  '] -%}
        {%- set folds.text = "replace(" ~ folds.text ~ ", '" ~ signs ~ "', ' ')" -%}
    {%- endfor -%}
    {{ folds.text }}
{%- endmacro %}

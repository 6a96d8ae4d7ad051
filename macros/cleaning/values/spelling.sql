{# The many spellings of digits, signs and blanks as one, for what is no prose. #}

{#
    A value as lower-case text in ASCII digits, signs and letters without accents, with
    single blanks, out of ="..." and of a leading apostrophe. Most values are ASCII but
    for a currency, and one search tells.
#}
{% macro plain_text(column) -%}
    case
        when {{ has_rare_match(text_of(column), '[^ -~€£¥₹ł]|  |^ *[=\\x27]') }}
            then lower({{ without_accents(trim_unwrapped(
                with_usual_signs(in_one_spelling(as_text(column)))
            )) }})
        else lower(trim({{ text_of(column) }}))
    end
{%- endmacro %}


{#
    Full-width, Arabic, Persian and Hindi digits, dashes, quotes and separators as those
    of ASCII; 2024年3月10日 with dashes.
#}
{% macro with_usual_signs(text) -%}
    {%- set signs = {
        '0123456789': ['０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '०१२३४५६७८९'],
        '-': ['−', '–', '—', '‐', '‑', '－', '年', '月'],
        "''": ['’', '‘', '´', '＇', '`'],
        '.': ['．', '٫', '。'],
        ',': ['，', '٬', '،'],
        ':': ['：'],
        '/': ['／'],
        '(': ['（'],
        ')': ['）'],
        '%': ['％', '٪'],
        '+': ['＋'],
        '#': ['＃'],
        '$': ['＄', '﹩'],
        '£': ['￡'],
        '¥': ['￥'],
        ' ': ['日']
    } -%}
    {%- set found, meant = [], [] -%}
    {%- for sign, spellings in signs.items() -%}
        {%- for spelling in spellings -%}
            {%- do found.append(spelling) -%}
            {%- do meant.append(sign) -%}
        {%- endfor -%}
    {%- endfor -%}
    translate({{ text }}, '{{ found | join }}', '{{ meant | join }}')
{%- endmacro %}

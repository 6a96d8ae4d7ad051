{# What single values say about the style of their whole column. #}

{#
    Dates: whether the day or the month comes first, or in which unit a number counts.
    Only browsers set to American English write `3/10/2024, 11:30:00 PM`. 05-03-24 may as
    well begin with its year, unless a part of it can be none.
#}
{% macro date_evidence(column) %}
    {% set text = as_text(column) %}
    {% set this_year = latest_year() % 100 %}
    {% set no_years = range([this_year + 1, 13] | max, 32) | join('|') or 'none' %}
    {% set until_12 = '(0?[1-9]|1[0-2])' %}
    {% set from_13 = '(1[3-9]|2[0-9]|3[01])' %}
    {% set year = '([./-] ?[0-9]{4}|[./] ?[0-9]{2})([^0-9]|$)' %}
    {% set american = '^ *' ~ until_12 ~ '/' ~ until_12
        ~ '/[0-9]{4}, [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?[ \\x{202f}][AP]M *$' %}
    {% set patterns = {
        'day_first': '^ *' ~ from_13 ~ '[./-] ?' ~ until_12 ~ year
            ~ '|^ *(' ~ no_years ~ ')-' ~ until_12 ~ '-[0-9]{2}([^0-9]|$)',
        'month_first': '^ *' ~ until_12 ~ '[./-] ?' ~ from_13
            ~ '[./-] ?([0-9]{4}|[0-9]{2})([^0-9]|$)|' ~ american,
        'either_order': '^ *' ~ until_12 ~ '[./-] ?' ~ until_12
            ~ '[./-] ?([0-9]{4}|[0-9]{2})([^0-9]|$)',
        'epoch_seconds': '^ *[0-9]{9,10}([.][0-9]*)? *$',
        'epoch_milliseconds': '^ *([6-9][0-9]{11}|[0-9]{13})([.][0-9]*)? *$',
        'epoch_microseconds': '^ *[0-9]{16}([.]0*)? *$',
        'serial': '^ *[0-9]{5}([.][0-9]*)? *$'
    } %}
    {% set evidence = {} %}
    {% for name, pattern in patterns.items() %}
        {% set condition = has_match(text, pattern) %}
        {% if name == 'either_order' %}
            {% set condition = condition ~ ' and not ' ~ has_match(text, american) %}
        {% endif %}
        {% do evidence.update({
            name: '(' ~ as_text(column) ~ " not like '____-__-__%' and " ~ condition ~ ')'
        }) %}
    {% endfor %}
    {{ return(evidence) }}
{% endmacro %}


{# Numbers: which separator is the decimal one. #}
{% macro number_evidence(column) %}
    {% set text = as_text(column) %}
    {% set either = '^[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9]*$' %}
    {% set evidence = {'either_separator': has_match(text, either)} %}
    {% for name, pattern in {
        'decimal_comma': '^[^0-9]*([^,]*,[0-9]*|[0-9]+([.][0-9]+){2,})[^0-9,]*$',
        'decimal_point':
            '^([^0-9]*[0-9][^.]*[.]|[^0-9A-Za-z]*[.])[0-9]+[^0-9.]*$'
            ~ '|^[^0-9]*[0-9]+(,[0-9]+){2,}[^0-9,]*$'
    }.items() %}
        {% do evidence.update({
            name: '(' ~ has_match(text, pattern) ~ ' and not ' ~ has_match(text, either) ~ ')'
        }) %}
    {% endfor %}
    {{ return(evidence) }}
{% endmacro %}

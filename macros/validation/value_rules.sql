{# The parts of a rule of var_rules, each read on its own. #}

{% macro has_kind(value, kind) %}
    {% if kind == 'flag' %}
        {{ return(value is boolean) }}
    {% elif kind == 'whole_number' %}
        {{ return(value is integer) }}
    {% elif kind == 'number' %}
        {# Infinity less itself is not zero, nor is not-a-number. #}
        {{ return((value is integer or value is float) and value - value == 0) }}
    {% elif kind == 'range' %}
        {{ return(has_kind(value, 'list') and value | length == 2
            and value | select('integer') | list | length == 2) }}
    {% elif kind == 'date' %}
        {{ return(is_iso_date(value | string)) }}
    {% elif kind == 'time_zone' %}
        {{ return(value is string and value in modules.pytz.all_timezones) }}
    {% elif kind == 'acceptance' %}
        {{ return(value is string and value.split(':') | length == 2
            and value.split(':')[0] in input_check_names()
            and is_iso_date(value.split(':')[1])) }}
    {% elif kind == 'text' %}
        {{ return(value is string and value | trim != '') }}
    {% elif kind == 'characters' %}
        {{ return(value is string or value is integer) }}
    {% elif kind == 'list' %}
        {{ return(value is sequence and value is not string and value is not mapping) }}
    {% else %}
        {{ return(value is mapping) }}
    {% endif %}
{% endmacro %}


{% macro is_within_limits(value, rule) %}
    {% if rule['kind'] == 'range' %}
        {{ return(rule['minimum'] <= value[0] <= value[1] <= rule['maximum']) }}
    {% endif %}
    {% set value = value | string if rule['kind'] == 'date' else value %}
    {% set words = words_of(rule) %}
    {{ return(not (
        ('minimum' in rule and value < rule['minimum'])
        or ('maximum' in rule and value > rule['maximum'])
        or ('above' in rule and value <= rule['above'])
        or ('below' in rule and value >= rule['below'])
        or (words is not none and value not in words)
        or ('containing' in rule and rule['containing'] not in value)
        or (rule.get('without', []) | select('in', value) | list)
        or (rule.get('is_filled') and not value)
        or ('any_of' in rule and not rule['any_of'] | select('in', value) | list)
    )) }}
{% endmacro %}


{# The values that a rule allows; none where it leaves them open. #}
{% macro words_of(rule) %}
    {{ return(rule['one_of'] if 'one_of' in rule
        else known_words(rule['known']) if 'known' in rule
        else none) }}
{% endmacro %}


{# What a rule expects, in words. #}
{% macro expectation(rule) %}
    {% set kind = rule['kind'] %}
    {% if words_of(rule) is not none %}
        {% set words = ('one of ' if words_of(rule) | length > 1 else '')
            ~ spoken(words_of(rule), 'or') %}
    {% elif kind == 'flag' %}
        {% set words = 'true, false' if 'or_words' in rule else 'true or false' %}
    {% elif kind == 'whole_number' %}
        {% set words = 'a whole number' ~ limits_in_words(rule) %}
    {% elif kind == 'range' %}
        {% set words = 'a list of two whole numbers, the least first,'
            ~ limits_in_words(rule) %}
    {% elif kind == 'number' %}
        {% set words = 'a number' ~ limits_in_words(rule) %}
    {% elif kind == 'date' %}
        {% set words = 'a date as yyyy-mm-dd' ~ limits_in_words(rule) %}
    {% elif kind == 'time_zone' %}
        {% set words = 'the name of a time zone such as Europe/Berlin' %}
    {% elif kind == 'characters' %}
        {% set words = 'a text or a whole number' %}
    {% elif kind == 'acceptance' %}
        {% set words = 'a check of the seed input_checks and the day of the build in UTC,'
            ~ ' such as stray_records:' ~ build_day() %}
    {% elif kind == 'list' %}
        {% if 'any_of' in rule %}
            {% set words = 'a list of ' ~ rule['of']['known'] ~ ' with '
                ~ spoken(rule['any_of'], 'or') %}
        {% else %}
            {% set length = ' of at least one' if rule.get('is_filled') else '' %}
            {% set words = 'a list' ~ length ~ ', each ' ~ expectation(rule['of']) %}
        {% endif %}
    {% elif kind == 'mapping' %}
        {% set keys = rule['keys'] %}
        {% set words = 'a mapping'
            ~ (' of at least one, each' if rule.get('is_filled') else '') ~ ' from '
            ~ (keys['known'] or spoken(keys['one_of'] or ['a text'], 'or')) ~ ' to '
            ~ expectation(rule['values']) %}
    {% elif kind == 'record' %}
        {% set words = 'a mapping with ' ~ spoken(rule['fields'], 'and') %}
    {% elif 'containing' in rule %}
        {% set words = 'a text with ' ~ rule['containing'] ~ ' in it' %}
    {% elif 'without' in rule %}
        {% set words = 'a text without ' ~ rule['without'] | join(' ') %}
    {% else %}
        {% set words = 'a text' %}
    {% endif %}
    {% set words = spoken([words] + rule.get('or_words', []), 'or')
        if 'or_words' in rule else words %}
    {{ return(('null or ' if rule.get('or_null') else '') ~ words) }}
{% endmacro %}


{% macro limits_in_words(rule) %}
    {% if 'minimum' in rule and 'maximum' in rule %}
        {{ return(' from ' ~ rule['minimum'] ~ ' to ' ~ rule['maximum']) }}
    {% endif %}
    {% set words = {
        'minimum': 'of at least',
        'above': 'above',
        'maximum': 'at most',
        'below': 'below'
    } %}
    {% set limits = [] %}
    {% for limit in words if limit in rule %}
        {% do limits.append(' ' ~ words[limit] ~ ' ' ~ rule[limit]) %}
    {% endfor %}
    {{ return(limits | join(' and')) }}
{% endmacro %}


{# A value as a sentence shows it, with its kind where that is what is wrong. #}
{% macro shown(value, kind='text') %}
    {% if value is none %}
        {{ return('null') }}
    {% elif value is boolean %}
        {{ return('true' if value else 'false') }}
    {% elif value is string %}
        {{ return(('the text '
            if kind not in ['text', 'date', 'time_zone', 'acceptance'] else '')
            ~ "'" ~ value | truncate(80) ~ "'") }}
    {% elif value is number %}
        {{ return(('the number ' if kind in ['text', 'time_zone'] else '') ~ value) }}
    {% else %}
        {{ return(('the list ' if kind not in ['list', 'range'] and has_kind(value, 'list') else '')
            ~ value | string | truncate(80)) }}
    {% endif %}
{% endmacro %}


{# A list of words as a sentence has it: `a, b or c`. #}
{% macro spoken(words, conjunction) %}
    {% set words = words | list %}
    {% if words | length < 2 %}
        {{ return(words | join) }}
    {% endif %}
    {{ return(words[:-1] | join(', ') ~ ' ' ~ conjunction ~ ' ' ~ words[-1]) }}
{% endmacro %}


{% macro is_iso_date(text) %}
    {% set shape = '[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' %}
    {% if not modules.re.fullmatch(shape, text) %}
        {{ return(false) }}
    {% endif %}
    {% set year, month, day = text.split('-') | map('int') %}
    {# A day past the end of its month would lead into the next one. #}
    {% set date = modules.datetime.date(year, month, 1)
        + modules.datetime.timedelta(days=day - 1) %}
    {{ return(date.month == month) }}
{% endmacro %}

{#
    What is wrong with a value by a rule of var_rules, as one sentence that names the
    subject, what was found and what is expected; none if nothing is.
#}
{% macro problem_with_value(subject, value, rule) %}
    {% if (value is none and rule.get('or_null'))
        or (value is string and value in rule.get('or_words', [])) %}
        {{ return(none) }}
    {% endif %}
    {% if value is string and value in rule.get('refused', {}) %}
        {{ return(subject ~ ' is ' ~ shown(value) ~ ', which is refused because '
            ~ rule['refused'][value] ~ '; expected another of '
            ~ spoken(words_of(rule) | reject('in', rule['refused']), 'or') ~ '.') }}
    {% endif %}
    {% if not (has_kind(value, rule['kind']) and is_within_limits(value, rule)) %}
        {{ return(subject ~ ' is ' ~ shown(value, rule['kind']) ~ '; expected '
            ~ expectation(rule) ~ '.') }}
    {% endif %}

    {% if rule['kind'] == 'list' %}
        {{ return(problem_in_list(subject, value, rule)) }}
    {% elif rule['kind'] == 'mapping' %}
        {{ return(problem_in_mapping(subject, value, rule)) }}
    {% elif rule['kind'] == 'record' %}
        {{ return(problem_in_record(subject, value, rule)) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{% macro problem_in_list(subject, items, rule) %}
    {# Lists of words are asked for hundreds of times while dbt parses. #}
    {% set words = words_of(rule['of']) %}
    {% if words is not none and items | select('string') | list | length == items | length
        and not items | reject('in', words) | list
        and items | unique(case_sensitive=true) | list | length == items | length %}
        {{ return(none) }}
    {% endif %}

    {% set names = [] %}
    {% for item in items %}
        {% set name = item.get('name') if item is mapping else item %}
        {% set problem = problem_with_value(
            (name if item is mapping and name is string else 'item ' ~ loop.index)
            ~ ' in ' ~ subject, item, rule['of']
        ) %}
        {% if problem is not none %}
            {{ return(problem) }}
        {% elif name in names %}
            {{ return(subject ~ ' has ' ~ name ~ ' twice; expected it once.') }}
        {% endif %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro problem_in_mapping(subject, entries, rule) %}
    {% for key, value in entries.items() %}
        {% set problem = problem_with_value('a key in ' ~ subject, key, rule['keys']) %}
        {% if problem is none %}
            {% set problem = problem_with_value(
                key ~ ' in ' ~ subject, value, rule['values']
            ) %}
        {% endif %}
        {% if problem is not none %}
            {{ return(problem) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro problem_in_record(subject, record, rule) %}
    {% set fields = rule['fields'] %}
    {% for name in record if name not in fields %}
        {{ return(subject ~ ' has the field ' ~ name ~ '; expected only '
            ~ spoken(fields, 'and') ~ '.') }}
    {% endfor %}
    {% for name, field in fields.items() %}
        {% set condition = field.get('only_with') %}
        {% set is_allowed = not condition or record.get(condition[0]) == condition[1] %}
        {% if is_allowed and name not in record and not field.get('is_optional') %}
            {{ return(subject ~ ' has no field ' ~ name ~ '; expected '
                ~ expectation(field) ~ '.') }}
        {% elif name in record and not is_allowed %}
            {{ return(subject ~ ' has the field ' ~ name ~ '; expected it only with '
                ~ condition[0] ~ ' ' ~ condition[1] ~ '.') }}
        {% elif name in record %}
            {% set problem = problem_with_value(
                name ~ ' of ' ~ subject, record[name], field
            ) %}
            {% if problem is not none %}
                {{ return(problem) }}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

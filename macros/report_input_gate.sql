{#
    Report what int_input_gate found: a warning for each row that has one, and one error
    for all rows that stop the build. The table exists by then, even if the build stops.
#}
{% macro report_input_gate() %}
    {# A build with --empty has no input to judge. #}
    {% if not execute or invocation_args_dict.get('empty') %}
        {{ return('') }}
    {% endif %}
    {% if is_package() %}
        {% do refuse(problem_with_functions()) %}
    {% endif %}
    {% set rows = run_query(
        "select outcome, check_name, sentence from " ~ this
        ~ " where outcome <> 'passed'"
        ~ " order by outcome, check_name, source_system, entity, column_name"
    ).rows %}
    {% set stops = [] %}
    {% for outcome, check_name, sentence in rows %}
        {% if outcome == 'stopped' %}
            {% do stops.append([check_name, sentence]) %}
        {% elif outcome == 'warned' %}
            {% do exceptions.warn(sentence ~ ' (' ~ check_name ~ ')') %}
        {% else %}
            {% do log(sentence ~ ' (' ~ check_name ~ ', accepted today)', info=true) %}
        {% endif %}
    {% endfor %}
    {% if stops %}
        {{ exceptions.raise_compiler_error(stop_in_words(stops)) }}
    {% endif %}
{% endmacro %}


{# The rows that stop a build, and how to get past them. #}
{% macro stop_in_words(stops) %}
    {% set names = stops | map(attribute=0) | unique | list %}
    {% set sentences = [] %}
    {% for check_name, sentence in stops %}
        {% do sentences.append('  ' ~ sentence ~ ' (' ~ check_name ~ ')') %}
    {% endfor %}
    {% set acceptances = [] %}
    {% for name in names %}
        {% do acceptances.append('"' ~ name ~ ':' ~ build_day() ~ '"') %}
    {% endfor %}
    {{ return(
        'The input did not pass ' ~ spoken(names, 'and')
        ~ ', so that nothing behind staging was built:\n' ~ sentences | join('\n')
        ~ '\nTables data_quality_issues and int_input_gate say more.'
        ~ ' To let it pass today, add'
        ~ " --vars '{accept_input: [" ~ acceptances | join(', ') ~ "]}'"
        ~ '; to change what stops a build, edit seeds/settings/input_checks.csv.'
    ) }}
{% endmacro %}

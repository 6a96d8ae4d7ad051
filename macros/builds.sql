{#
    Every build that may change what people query is logged: a row when it begins, a row
    when it ends. A build without the second was stopped. Table `builds` joins them.
#}
{% macro begin_build() %}
    {% if not execute or not is_logged_build() %}
        {{ return('') }}
    {% endif %}
    {% do refuse(problem_with_publishing()) %}
    {% do make_build_log() %}
    {% do tell_of_stopped_builds() %}
    {% set facts = project_facts() %}
    {% do log_build({
        'event': 'began',
        'command': flags.WHICH,
        'selection': selection_in_words() or none,
        'dbt_version': dbt_version,
        'project_version': facts.get('project_version'),
        'git_commit': facts.get('git_commit'),
        'configuration_hash': configuration_hash(),
        'data_format': data_format(),
        'minimum_cell_size': var('minimum_cell_size'),
        'happened_at': moment_in_words(run_started_at)
    }) %}
{% endmacro %}


{#
    Publish a build that is whole and green, then log how it ended, as published or not.
    Where publishing failed SQL is returned that fails with the reason.
#}
{% macro end_build(results) %}
    {% if execute %}
        {% do tell_of_broken_conditions(results) %}
    {% endif %}
    {% if not execute or not is_logged_build() or not has_build_log() %}
        {{ return('') }}
    {% endif %}
    {% set now = modules.datetime.datetime.now(modules.pytz.utc) %}
    {% set ended_at = moment_in_words(now) %}
    {% set version = version_in_warehouse() %}
    {% set faults = faults_in(results) %}
    {% set missing = what_is_missing(results) %}
    {% set status = 'failed' if faults else 'partial' if missing else 'complete' %}
    {% set problem = none %}
    {% do log_tables(results) %}
    {% if not is_publishing() %}
        {% set reason = none %}
    {% elif status == 'failed' %}
        {% set reason = faults_in_words(faults) %}
    {% elif status == 'partial' %}
        {% set reason = missing %}
    {% elif not has_function('publish_tables') %}
        {% set reason = 'the profile does not load the plugin '
            ~ 'segmentation.publishing.plugin' %}
    {% else %}
        {% set problem = publish(results, ended_at, version) %}
        {% set status = 'complete' if problem else 'published' %}
    {% endif %}
    {% if reason %}
        {% do log('Not published: ' ~ reason ~ '.', info=true) %}
    {% endif %}
    {% do log_build({
        'event': 'ended',
        'status': status,
        'segmentation_version': version,
        'happened_at': ended_at
    }) %}
    {% if status in ['complete', 'published'] %}
        {% do rewrite_after_erasure() %}
    {% endif %}
    {% if problem %}
        {{ return("select error('" ~ problem | replace("'", "''") ~ "')") }}
    {% endif %}
{% endmacro %}


{# A build or run of the registry or of a table that people query. #}
{% macro is_logged_build() %}
    {% if flags.WHICH in ['build', 'run'] %}
        {# A retry does not say what it selects. #}
        {% if not selected_resources %}
            {{ return(true) }}
        {% endif %}
        {% for node in our_nodes().values() if node.unique_id in selected_resources %}
            {% if node.access == 'public' or node.name == 'segmentation_registry' %}
                {{ return(true) }}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(false) }}
{% endmacro %}


{# The results that are not green: status and name, skipped ones last. #}
{% macro faults_in(results) %}
    {% set faults = [] %}
    {% for result in results
        if result.status not in ['success', 'pass', 'warn', 'no-op', 'reused'] %}
        {% do faults.append([result.status | string, result.node.name]) %}
    {% endfor %}
    {{ return(faults | sort) }}
{% endmacro %}

{% macro faults_in_words(faults) %}
    {% set words = [] %}
    {% for status, name in faults[:3] %}
        {% do words.append(name ~ ': ' ~ status) %}
    {% endfor %}
    {% set more = faults | length - words | length %}
    {{ return('the build is not green (' ~ words | join(', ')
        ~ (' and ' ~ more ~ ' more' if more else '') ~ ')') }}
{% endmacro %}


{#
    Why a green build is not a whole one, as the end of a sentence; none if it is. Unit
    tests say nothing of the data, so a build without them is whole.
#}
{% macro what_is_missing(results) %}
    {% set selection = selection_in_words() %}
    {% if flags.WHICH != 'build' %}
        {{ return('this was dbt ' ~ flags.WHICH ~ '; only a whole dbt build is') }}
    {% elif selection not in [
        '', '--exclude-resource-type unit_test', '--selector ordinary',
        '--selector ordinary --exclude-resource-type unit_test'
    ] %}
        {{ return('the build had ' ~ selection ~ '; only a whole dbt build is') }}
    {% endif %}
    {% set built = results | map(attribute='node.unique_id') | list %}
    {% for node in our_nodes().values() if node.access == 'public'
        and 'comparison' not in node.tags and node.unique_id not in built %}
        {{ return('table ' ~ node.name ~ ' was not built; only a whole build is') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{# What a command was told to leave out, as it would be typed. #}
{% macro selection_in_words() %}
    {% set words = [] %}
    {% for name, option in {
        'select': '--select',
        'exclude': '--exclude',
        'selector': '--selector',
        'resource_types': '--resource-type',
        'exclude_resource_types': '--exclude-resource-type',
        'empty': '--empty',
        'sample': '--sample'
    }.items() %}
        {% set value = invocation_args_dict.get(name) %}
        {% if value is sameas true %}
            {% do words.append(option) %}
        {% elif value %}
            {% do words.append(option ~ ' ' ~ (
                value if value is string or value is not iterable else value | join(' ')
            )) %}
        {% endif %}
    {% endfor %}
    {{ return(words | join(' ')) }}
{% endmacro %}

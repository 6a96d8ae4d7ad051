{#
    A whole green `dbt build` publishes at its end: segmentation.publishing copies the
    tables that people query to a file that readers may open at any time. Any other build
    says in a line why it does not, and leaves what was published before.
#}
{% macro is_publishing() %}
    {{ return(
        target.type == 'duckdb'
        and env_var('SEGMENTATION_PUBLISH', '0' if is_package() else '1') == '1'
    ) }}
{% endmacro %}


{# What is wrong with the environment variables, as a sentence; none if nothing is. #}
{% macro problem_with_publishing() %}
    {% for name, default in {
        'SEGMENTATION_PUBLISH': '1',
        'SEGMENTATION_PUBLISH_CUSTOMERS': '1',
        'SEGMENTATION_PUBLISH_PARQUET': '0'
    }.items() if env_var(name, default) not in ['0', '1'] %}
        {{ return('environment variable ' ~ name ~ ' is '
            ~ shown(env_var(name, default)) ~ '; expected 0 or 1.') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{# Publish what a build made. What went wrong is returned as a sentence, else none. #}
{% macro publish(results, ended_at, version) %}
    {% set tables = public_tables_in(results) %}
    {% set of_customers = [] %}
    {% for result in results if result.node.alias in tables
        and result.node.config.meta.get('grain') == 'customer' %}
        {% do of_customers.append(result.node.alias) %}
    {% endfor %}
    {% set folder = env_var('SEGMENTATION_SERVE', '') or 'serve' %}
    {% set with_customers = env_var('SEGMENTATION_PUBLISH_CUSTOMERS', '1') == '1' %}
    {% set answer = asked_of('publish_tables', {
        'folder': folder,
        'build': {
            'build_id': invocation_id,
            'ended_at': ended_at,
            'segmentation_version': version | int if version is not none
        },
        'tables': tables,
        'left_out': [] if with_customers else of_customers,
        'parquet': env_var('SEGMENTATION_PUBLISH_PARQUET', '0') == '1',
        'warnings': warnings_of_build(results)
    }) %}
    {% if answer['problem'] is none %}
        {% do log('Published ' ~ answer['summary']['tables'] | length ~ ' tables: '
            ~ folder ~ '/' ~ answer['summary']['file'], info=true) %}
    {% endif %}
    {{ return(answer['problem']) }}
{% endmacro %}


{# The public tables that a build made, each with its schema. #}
{% macro public_tables_in(results) %}
    {% set nodes = our_nodes() %}
    {% set tables = {} %}
    {% for result in results if result.status == 'success'
        and result.node.name in nodes and result.node.access == 'public' %}
        {% do tables.update({result.node.alias: result.node.schema}) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{# What readers should know of the input and of tests that warned, as sentences. #}
{% macro warnings_of_build(results) %}
    {% set sentences = run_query(
        "select sentence from " ~ our_relation('int_input_gate')
        ~ " where outcome = 'warned'"
        ~ " order by check_name, source_system, entity, column_name"
    ).columns[0].values() | list %}
    {% for result in results if result.status == 'warn' %}
        {% do sentences.append(result.node.name ~ ': ' ~ result.message) %}
    {% endfor %}
    {{ return(sentences) }}
{% endmacro %}

{# The commit of the folder that dbt runs in and the version of this project. #}
{% macro project_facts() %}
    {{ return(adapter.dispatch('project_facts', 'customer_segmentation')()) }}
{% endmacro %}

{% macro default__project_facts() %}
    {% if not has_function('project_facts') %}
        {{ return({}) }}
    {% endif %}
    {{ return(asked_of('project_facts', '.')) }}
{% endmacro %}

{% macro spark__project_facts() %}
    {{ return({}) }}
{% endmacro %}


{# The answer of an SQL function of Python: JSON goes in, JSON comes out. #}
{% macro asked_of(function, question) %}
    {% set answer = run_query(
        "select " ~ function ~ "('" ~ tojson(question) | replace("'", "''") ~ "')"
    ) %}
    {{ return(fromjson(answer.columns[0].values()[0])) }}
{% endmacro %}

{# Whether the engine has an SQL function of Python. #}
{% macro has_function(name) %}
    {{ return(adapter.dispatch('has_function', 'customer_segmentation')(name)) }}
{% endmacro %}

{% macro default__has_function(name) %}
    {{ return(run_query(
        "from duckdb_functions() where function_name = '" ~ name ~ "'"
    ).rows | length > 0) }}
{% endmacro %}

{% macro spark__has_function(name) %}
    {{ return(false) }}
{% endmacro %}

{#
    What this project does differently as a package: as a guest in a dbt project of
    somebody else's it keeps apart from what is the host's.
#}
{% macro is_package() %}
    {{ return(project_name != 'customer_segmentation') }}
{% endmacro %}


{#
    Schemas of our own beside those of the host, <target>_segmentation and
    those of the workings; dbt asks this macro for our nodes alone. In a project of its own,
    the schemas are <target>, <target>_raw and <target>_internal.
#}
{% macro generate_schema_name(custom_schema_name, node) %}
    {% if is_package() %}
        {{ return(
            [target.schema, 'segmentation', custom_schema_name] | select | join('_')
        ) }}
    {% endif %}
    {{ return(default__generate_schema_name(custom_schema_name, node)) }}
{% endmacro %}


{#
    Names mean our own models: dbt would look for them in the host's project first, where
    there may be a model `customers` too. Only the vars of the host name a project.
#}
{% macro ref() %}
    {% if varargs | length == 1 and context.get('reads_var') %}
        {{ exceptions.raise_compiler_error(
            'var ' ~ context['reads_var'] ~ " has ref('" ~ varargs[0]
            ~ "'); expected two arguments, your project and the model, such as "
            ~ "ref('my_shop', '" ~ varargs[0] ~ "')."
        ) }}
    {% elif varargs | length == 1 %}
        {{ return(builtins.ref('customer_segmentation', *varargs, **kwargs)) }}
    {% endif %}
    {{ return(builtins.ref(*varargs, **kwargs)) }}
{% endmacro %}


{# Before the first model; commands of the host that select nothing of ours pass by. #}
{% macro start_run() %}
    {% if not is_package() or is_selected() %}
        {% do validate_vars() %}
        {% do validate_input() %}
        {% do refuse(problem_with_ids()) %}
        {% do finish_replacements() if execute %}
        {% do check_format() %}
    {% endif %}
    {% if not is_package() %}
        {% do carry_over() %}
    {% elif execute and is_selected() %}
        {% do drop_gone_workings() %}
    {% endif %}
    {% do begin_build() %}
{% endmacro %}


{#
    Whether all data tests run: in a host only if var segmentation_tests says so. dbt gives a
    generic test those macros alone that its own macros call, and no call of a `ref` counts
    that does not name a package: with this one the test reads our model, not the host's.
#}
{% macro has_all_tests() %}
    {% if false %}{{ customer_segmentation.ref() }}{% endif %}
    {{ return(not is_package() or var('segmentation_tests') == 'all') }}
{% endmacro %}


{# Whether the command selects anything of ours. #}
{% macro is_selected() %}
    {% for unique_id in selected_resources if '.customer_segmentation.' in unique_id %}
        {{ return(true) }}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}


{#
    What is wrong with the Python functions where dbt runs, as a sentence; none if they are
    of this version.
#}
{% macro problem_with_functions() %}
    {% set version = run_query(
        'select version from ' ~ our_relation('int_installed_functions')
    ).rows[0][0] %}
    {% if version == package_version() %}
        {{ return(none) }}
    {% endif %}
    {{ return(
        'The Python functions of package customer_segmentation are '
        ~ ('of version ' ~ version if version else 'not installed where dbt runs')
        ~ '; expected those of version ' ~ package_version() ~ ', which pip installs from'
        ~ ' the wheel customer-segmentation that make package builds.'
    ) }}
{% endmacro %}

{# That of dbt_project.yml, which no macro can read. #}
{% macro package_version() %}
    {{ return('0.1.0') }}
{% endmacro %}

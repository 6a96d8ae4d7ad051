{#
    Stops at the first var that cannot work. It runs when the project is parsed, so that
    no command gets further, and again before the first model.
#}
{% macro validate_vars() %}
    {% if not is_package() %}
        {% do refuse(problem_with_var_names(invocation_args_dict.get('vars') or {})) %}
    {% endif %}
    {% do refuse(problem_with_relations(tables_of_relations())) %}
    {% for name in var_rules() %}
        {% do refuse(problem_with_var(name, var(name))) %}
    {% endfor %}
    {% do refuse(problem_with_custom_features()) %}
    {% do refuse(problem_with_segmentations(var('segmentations'))) %}
    {% do refuse(problem_with_hashing()) %}
    {% do refuse(problem_with_erasures()) %}
{% endmacro %}


{# Without a salt a hash of an address is the address to a reader with a list of them. #}
{% macro problem_with_hashing() %}
    {% set state = salt_state() if execute else 'ready' %}
    {% if state == 'short' %}
        {{ return(
            'environment variable SEGMENTATION_SALT has fewer than 16 characters; expected '
            ~ 'at least 16 that nobody can guess.'
        ) }}
    {% elif target.type != 'duckdb' and var('hash_customer_ids') %}
        {{ return(
            'var hash_customer_ids is true; expected false on Spark, which has no salt yet.'
        ) }}
    {% elif target.type != 'duckdb' %}
        {% do exceptions.warn('Spark has no salt yet, so that hashed columns are null.') %}
    {% elif state is none and not var('hash_customer_ids') %}
        {% do exceptions.warn(
            'The profile does not load the plugin segmentation.hashing.plugin, so that '
            ~ 'hashed columns are null.'
        ) %}
    {% elif state is none %}
        {{ return(
            'var hash_customer_ids is true, but the profile does not load the plugin '
            ~ 'segmentation.hashing.plugin; expected it among the plugins of profiles.yml.'
        ) }}
    {% elif state == 'missing' and var('hash_customer_ids') %}
        {{ return(
            'var hash_customer_ids is true, but environment variable SEGMENTATION_SALT is '
            ~ 'not set; expected it to hold the salt of the hashes.'
        ) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#
    The value of a var, known to be what its rule says. Models are parsed before
    validate_vars: where Jinja takes a var apart, take it from here. Models read vars
    hundreds of times, so only parsing checks them.
#}
{% macro valid_var(name) %}
    {% set value = var(name) %}
    {% if not execute %}
        {% do refuse(problem_with_var(name, value)) %}
    {% endif %}
    {{ return(value) }}
{% endmacro %}


{# What is wrong with a value of a var, as a sentence; none if nothing is. #}
{% macro problem_with_var(name, value) %}
    {{ return(problem_with_value('var ' ~ name, value, var_rules()[name])) }}
{% endmacro %}


{# What is wrong with the vars that say where the raw tables are, as a sentence. #}
{% macro problem_with_relations(tables) %}
    {% if tables and has_locations() %}
        {{ return('var segmentation_' ~ tables[0] ~ ' is set, and one of crm_folder, '
            ~ 'crm_location and crm_locations; expected relations or locations.') }}
    {% elif is_package() and not tables and not has_locations()
        and 'crm' in var('source_systems') %}
        {{ return('vars of package customer_segmentation do not say where orders are; '
            ~ 'expected segmentation_orders, such as '
            ~ '{{ ref(\'your_project\', \'orders\') }}.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# A misspelt var would otherwise be passed over in silence. #}
{% macro problem_with_var_names(names) %}
    {% set known = var_rules() | list + ['segmentation_custom_features'] %}
    {% for table_name in raw_table_contract() %}
        {% do known.append('segmentation_' ~ table_name) %}
    {% endfor %}
    {% for name in names if name not in known %}
        {% set alike = most_alike(name, known) %}
        {{ return('var ' ~ name ~ ' is unknown; expected '
            ~ ('perhaps ' ~ spoken(alike, 'or') if alike else 'one of dbt_project.yml')
            ~ '.') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro refuse(problem) %}
    {% if problem is not none %}
        {{ exceptions.raise_compiler_error(problem) }}
    {% endif %}
{% endmacro %}


{#
    Up to three words that share most pairs of neighbouring letters with a misspelt one,
    the most alike first.
#}
{% macro most_alike(word, words) %}
    {% set candidates = [] %}
    {% set pairs = letter_pairs(word) %}
    {% for candidate in words %}
        {% set candidate_pairs = letter_pairs(candidate) %}
        {% set shared = pairs | select('in', candidate_pairs) | list | length %}
        {% set likeness = 2 * shared / (pairs | length + candidate_pairs | length) %}
        {% if likeness >= 0.5 %}
            {% do candidates.append([-likeness, candidate]) %}
        {% endif %}
    {% endfor %}
    {{ return((candidates | sort | map(attribute=1) | list)[:3]) }}
{% endmacro %}

{% macro letter_pairs(word) %}
    {% set text = ' ' ~ word | string | lower ~ ' ' %}
    {% set pairs = [] %}
    {% for start in range(text | length - 1) %}
        {% do pairs.append(text[start:start + 2]) %}
    {% endfor %}
    {{ return(pairs) }}
{% endmacro %}

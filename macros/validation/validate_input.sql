{#
    Stops before the first model at the first raw table that cannot be used, where a var
    says where its files are; the seeds need no check, and relations of a dbt project may be
    built in this run. A source system other than
    crm is checked by the macro problem_with_<system>, where there is one.
#}
{% macro validate_input() %}
    {% if execute and 'crm' in var('source_systems') and has_locations() %}
        {% do refuse(problem_with_places(
            var('crm_folder'), var('crm_location'), var('crm_locations'), var('crm_tables')
        )) %}
        {% set absent = [] %}
        {% for table_name in var('crm_tables') %}
            {% set input = found_input(raw_table(table_name)) %}
            {% do refuse(problem_with_input(table_name, input)) %}
            {% if input['absence'] is not none %}
                {% do absent.append(table_name) %}
            {% else %}
                {% do tell_of_input(table_name, input) %}
            {% endif %}
        {% endfor %}
        {% if absent %}
            {% do log('var crm_folder has no file of ' ~ spoken(absent, 'and')
                ~ ': they have no records.', info=true) %}
        {% endif %}
    {% endif %}
    {% for system in var('source_systems') if 'problem_with_' ~ system in context %}
        {% do refuse(context['problem_with_' ~ system]()) %}
    {% endfor %}
{% endmacro %}


{# What is wrong with the vars that say where the raw tables are, as a sentence. #}
{% macro problem_with_places(folder, location, locations, tables) %}
    {% if folder and location %}
        {{ return('vars crm_folder and crm_location are both set; expected one of them.') }}
    {% elif not folder and not location %}
        {% for table_name in tables if table_name not in locations %}
            {{ return('raw table ' ~ table_name ~ ' has no entry in var crm_locations; '
                ~ 'expected one, or ' ~ table_name ~ ' left out of var crm_tables.') }}
        {% endfor %}
    {% elif folder %}
        {% set needed = var_rules()['crm_tables']['any_of'] %}
        {% for table_name in needed if table_name in tables and (
            table_name in locations
            or found_input({'table': table_name, 'folder': folder})['absence'] is none
        ) %}
            {{ return(none) }}
        {% endfor %}
        {{ return('var crm_folder is ' ~ shown(folder) ~ ', which has no file of '
            ~ spoken(needed, 'or') ~ '; expected one at least.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# What is wrong with a raw table at a location, as a sentence; none if nothing is. #}
{% macro problem_with_raw_table(table_name, location) %}
    {% set asked = raw_table(table_name) %}
    {% do asked.update(
        {'location': location | replace('{name}', table_name), 'folder': none}
    ) %}
    {{ return(problem_with_input(table_name, found_input(asked))) }}
{% endmacro %}


{# The same of what the reader found there. #}
{% macro problem_with_input(table_name, input) %}
    {% set absence = input['absence'] %}
    {% if input['problem'] is not none %}
        {{ return(input['problem']) }}
    {% elif absence is not none %}
        {% if may_be_absent(table_name) %}
            {{ return(none) }}
        {% endif %}
        {{ return('raw table ' ~ table_name ~ ' has ' ~ absence
            ~ '; expected it there, or ' ~ table_name
            ~ ' left out of var crm_tables.') }}
    {% endif %}

    {% set subject = 'raw table ' ~ table_name ~ ' at ' ~ input['place'] %}
    {% set columns = input['columns'] %}
    {% set missing = names_in_file(table_name, needed_columns(table_name))
        | reject('in', columns) | list %}
    {% set alternatives = names_in_file(table_name, alternative_columns(table_name)) %}
    {% if missing %}
        {{ return(subject ~ columns_in_words(columns) ~ '; expected also '
            ~ spoken(missing, 'and') ~ '.') }}
    {% elif alternatives and not alternatives | select('in', columns) | list %}
        {{ return(subject ~ columns_in_words(columns) ~ '; expected '
            ~ spoken(alternatives, 'or') ~ '.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# What is not as expected in a raw table and stops nothing. #}
{% macro tell_of_input(table_name, input) %}
    {% for note in input['notes'] %}
        {% do exceptions.warn(note) %}
    {% endfor %}
    {% set subject = 'raw table ' ~ table_name ~ ' at ' ~ input['place'] %}
    {% set contract = raw_table_contract()[table_name] %}
    {% set lacking = names_in_file(table_name, contract['required'])
        | reject('in', input['columns']) | list %}
    {% if lacking %}
        {% do exceptions.warn(subject ~ ' lacks ' ~ spoken(lacking, 'and')
            ~ ': every record of it will be rejected.') %}
    {% endif %}
    {% set ignored = input['columns']
        | reject('in', names_in_file(table_name, contract['columns'])) | list %}
    {% if ignored %}
        {% do log(subject ~ ' has ' ~ spoken(ignored, 'and')
            ~ ' beside the columns of the input contract: ignored.', info=true) %}
    {% endif %}
{% endmacro %}


{# The names that columns of the contract have in the files of a table. #}
{% macro names_in_file(table_name, columns) %}
    {% set names = [] %}
    {% for name in columns %}
        {% do names.append(
            valid_var('crm_columns').get(table_name ~ '.' ~ name, name) | lower
        ) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{# Alternative columns: a table needs at least one of them. #}
{% macro alternative_columns(table_name) %}
    {{ return(['customer_id', 'email'] if table_name == 'erasure_requests' else []) }}
{% endmacro %}


{#
    The columns without which a table is none: what identifies a record and whose it
    is. Order items that stand in for orders must also say when.
#}
{% macro needed_columns(table_name) %}
    {% set contract = raw_table_contract()[table_name] %}
    {% set identifying = contract['key'] + ['customer_id'] %}
    {% set needed = [] %}
    {% for name in contract['required'] %}
        {% if name in identifying or table_name == 'order_items' %}
            {% do needed.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(needed) }}
{% endmacro %}


{# The columns of a table as a part of a sentence. #}
{% macro columns_in_words(columns) %}
    {% if not columns %}
        {{ return(' is empty or has no line of column names') }}
    {% endif %}
    {{ return(' has only ' ~ spoken(columns, 'and') | truncate(200)) }}
{% endmacro %}

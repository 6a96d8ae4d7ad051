{#
    Stops before the first model at the first raw table that cannot be used, where
    crm_location or complete_journey_location says where they are; the seeds need no
    check.
#}
{% macro validate_input() %}
    {% set location = var('crm_location') %}
    {% if execute and 'crm' in var('source_systems') and location is not none %}
        {% for table_name in var('crm_tables') %}
            {% do refuse(problem_with_raw_table(table_name, location)) %}
        {% endfor %}
    {% endif %}
    {% if execute and 'complete_journey' in var('source_systems') %}
        {% do refuse(problem_with_complete_journey()) %}
    {% endif %}
{% endmacro %}


{#
    What is wrong with a raw table, as a sentence; none if nothing is. A file that is
    not what it is read as stops here too, with the engine's own words.
#}
{% macro problem_with_raw_table(table_name, location) %}
    {% set absence = absence_of_raw_table(table_name, location) %}
    {% if absence is not none %}
        {{ return('raw table ' ~ table_name ~ ' has ' ~ absence
            ~ '; expected it there, or ' ~ table_name
            ~ ' left out of var crm_tables.') }}
    {% endif %}

    {% set relation = location | replace('{name}', table_name) %}
    {% set subject = 'raw table ' ~ table_name ~ ' at ' ~ relation %}
    {% set columns = column_names_of(relation) | map('lower') | list %}
    {% set contract = raw_table_contract()[table_name] %}

    {% set missing = needed_columns(table_name) | reject('in', columns) | list %}
    {% if missing %}
        {{ return(subject ~ columns_in_words(columns) ~ '; expected also '
            ~ spoken(missing, 'and') ~ '.') }}
    {% elif table_name == 'erasure_requests'
        and 'customer_id' not in columns and 'email' not in columns %}
        {{ return(subject ~ columns_in_words(columns)
            ~ '; expected customer_id or email.') }}
    {% endif %}

    {% set lacking = contract['required'] | reject('in', columns) | list %}
    {% if lacking %}
        {% do exceptions.warn(subject ~ ' lacks ' ~ spoken(lacking, 'and')
            ~ ': every record of it will be rejected.') %}
    {% endif %}
    {% set ignored = columns | reject('in', contract['columns']) | list %}
    {% if ignored %}
        {% do log(subject ~ ' has ' ~ spoken(ignored, 'and')
            ~ ' beside the columns of the input contract: ignored.', info=true) %}
    {% endif %}
    {{ return(none) }}
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


{#
    `no file at ...` or `no table ...` where a raw table is not; none where it is, or
    where crm_location is an expression of which only the engine knows the meaning.
#}
{% macro absence_of_raw_table(table_name, location) %}
    {% set file = modules.re.match(
        "(?:read_[a-z_]+ *[(] *\\[? *)?'([^']*[{]name[}][^']*)'", location
    ) %}
    {% set dotted_name = modules.re.fullmatch(
        '("?[A-Za-z0-9_{}$-]+"?[.]){0,2}"?[A-Za-z0-9_{}$-]+"?', location
    ) %}
    {% if file %}
        {% set path = file.group(1) | replace('{name}', table_name) %}
        {# What lies on a web server cannot be listed; a folder is read as its files. #}
        {% if not path.startswith('http') and not files_at(path) | list
            and not files_at(path ~ '/**') | list %}
            {{ return('no file at ' ~ path) }}
        {% endif %}
    {% elif dotted_name %}
        {% set name = location | replace('{name}', table_name) %}
        {% if not is_table(name | replace('"', '')) %}
            {{ return('no table ' ~ name) }}
        {% endif %}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# Whether there is a table of that name; of two parts the first may be a database. #}
{% macro is_table(name) %}
    {% set parts = name.split('.') %}
    {% set places = {
        1: [[target.database, target.schema]],
        2: [[target.database, parts[0]], [parts[0], 'main']],
        3: [parts[:2]]
    }[parts | length] %}
    {% for database, schema in places %}
        {% if adapter.get_relation(database, schema, parts[-1]) %}
            {{ return(true) }}
        {% endif %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}


{# The columns of a table as a part of a sentence. #}
{% macro columns_in_words(columns) %}
    {% if modules.re.fullmatch('(column[0-9]+ ?)+', columns | join(' ')) %}
        {{ return(' is empty or has no line of column names') }}
    {% endif %}
    {{ return(' has only ' ~ spoken(columns, 'and') | truncate(200)) }}
{% endmacro %}

{#
    Stops before the first model if a raw table cannot be used, where crm_location
    names the place; the seeds need no check. What a location that is neither a file
    nor a table means, only the engine knows: it is asked for the columns at once.
#}
{% macro validate_input() %}
    {% if execute and 'crm' in var('source_systems') and var('crm_location') is not none %}
        {% for table_name in var('crm_tables') %}
            {% do refuse(problem_with_raw_table(table_name, var('crm_location'))) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{# What is wrong with a raw table, as a sentence; none if nothing is. #}
{% macro problem_with_raw_table(table_name, location) %}
    {% set missing = missing_location(table_name, location) %}
    {% if missing is not none %}
        {{ return('raw table ' ~ table_name ~ ' has ' ~ missing
            ~ '; expected it there, or ' ~ table_name ~ ' left out of var crm_tables.') }}
    {% endif %}

    {% set relation = location | replace('{name}', table_name) %}
    {% set columns = column_names_of(relation) | map('lower') | list %}
    {% set contract = raw_table_contract()[table_name] %}
    {% set known = contract['columns'] | list %}
    {% set found = 'raw table ' ~ table_name ~ ' at ' ~ relation %}
    {% set missing = needed_columns(table_name) | reject('in', columns) | list %}

    {% if table_name == 'erasure_requests' and not columns | select('in', known) | list %}
        {{ return(found ~ columns_in_words(columns)
            ~ '; expected customer_id or email.') }}
    {% elif missing %}
        {{ return(found ~ columns_in_words(columns) ~ '; expected also '
            ~ spoken(missing, 'and') ~ '.') }}
    {% endif %}

    {% set ignored = columns | reject('in', known) | list %}
    {% if ignored %}
        {% do log(found ~ ' has ' ~ spoken(ignored, 'and')
            ~ ' beside the columns of the input contract: ignored.', info=true) %}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#
    The columns without which no record can be used: the key, numbers of lines apart,
    which can be counted, and whose activity it is. Orders known by their items alone
    also need to say when.
#}
{% macro needed_columns(table_name) %}
    {% set contract = raw_table_contract()[table_name] %}
    {% set countable = ['line_number', 'observed_on'] %}
    {% set needed = contract['key'] | reject('in', countable) | list %}
    {% if 'customer_id' in contract['required'] and 'customer_id' not in needed %}
        {% do needed.append('customer_id') %}
    {% endif %}
    {% if table_name == 'order_items' and 'ordered_at' in contract['required'] %}
        {% do needed.append('ordered_at') %}
    {% endif %}
    {{ return(needed) }}
{% endmacro %}


{# What is absent, `no file at ...` or `no table ...`; none if it is there or unknown. #}
{% macro missing_location(table_name, location) %}
    {% set paths = modules.re.findall("'([^']*[{]name[}][^']*)'", location) %}
    {% set part = '("?)[A-Za-z0-9_{}$-]+("?)' %}
    {% if paths %}
        {% set path = paths[0] | replace('{name}', table_name) %}
        {# What lies on a web server cannot be listed. #}
        {% if not path.startswith('http') and not files_at(path) | list
            and not files_at(path ~ '/**') | list %}
            {{ return('no file at ' ~ path) }}
        {% endif %}
    {% elif modules.re.fullmatch(part ~ '([.]' ~ part ~ '){0,2}', location) %}
        {% set relation = location | replace('{name}', table_name) %}
        {% if not is_table(relation | replace('"', '')) %}
            {{ return('no table ' ~ relation) }}
        {% endif %}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# Whether there is a table of a dotted name, of which the first part of two may be
   a schema or a database. #}
{% macro is_table(name) %}
    {% set parts = name.split('.') %}
    {% set identifier = parts[-1] %}
    {% set places = [
        [target.database, target.schema]
    ] if parts | length == 1 else [
        [target.database, parts[0]], [parts[0], 'main']
    ] if parts | length == 2 else [
        parts[:2]
    ] %}
    {% for database, schema in places %}
        {% if adapter.get_relation(database, schema, identifier) %}
            {{ return(true) }}
        {% endif %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}


{# The columns of a table as the middle of a sentence. #}
{% macro columns_in_words(columns) %}
    {% if modules.re.fullmatch('(column[0-9]+ ?)+', columns | join(' ')) %}
        {{ return(' is empty or has no line of column names') }}
    {% endif %}
    {{ return(' has the columns ' ~ spoken(columns, 'and') | truncate(200)) }}
{% endmacro %}

{# The columns of int_build_log and their types, a new one last: older logs get it there. #}
{% macro build_log_columns() %}
    {{ return({
        'build_id': 'string',
        'event': 'string',
        'command': 'string',
        'selection': 'string',
        'status': 'string',
        'dbt_version': 'string',
        'project_version': 'string',
        'git_commit': 'string',
        'configuration_hash': 'string',
        'segmentation_version': 'bigint',
        'happened_at': 'timestamp',
        'data_format': 'bigint',
        'minimum_cell_size': 'bigint'
    }) }}
{% endmacro %}


{# It is not where the build stopped before it began. #}
{% macro has_build_log() %}
    {% set build_log = our_relation('int_build_log') %}
    {{ return(adapter.get_relation(
        build_log.database, build_log.schema, build_log.identifier
    ) is not none) }}
{% endmacro %}


{# The log must be there before the first model is, its own among them. #}
{% macro make_build_log() %}
    {% if not has_build_log() %}
        {% set build_log = our_relation('int_build_log') %}
        {% set columns = [] %}
        {% for name, type in build_log_columns().items() %}
            {% do columns.append(name ~ ' ' ~ type) %}
        {% endfor %}
        {% do adapter.create_schema(build_log) %}
        {% do run_query(
            'create table ' ~ build_log ~ ' (' ~ columns | join(', ') ~ ')'
        ) %}
        {% do adapter.cache_added(build_log) %}
    {% endif %}
{% endmacro %}


{% macro log_build(row) %}
    {% set values = [] %}
    {% for name, type in build_log_columns().items() %}
        {% set value = invocation_id if name == 'build_id' else row.get(name) %}
        {% do values.append('cast(' ~ (
            'null' if value is none else "'" ~ value | string | replace("'", "''") ~ "'"
        ) ~ ' as ' ~ type ~ ')') %}
    {% endfor %}
    {% set build_log = our_relation('int_build_log') %}
    {% do run_query('insert into ' ~ build_log ~ ' select ' ~ values | join(', ')) %}
{% endmacro %}


{#
    Counts the public tables that a build made, before they are published: readers find
    the counts in what they read. The table of counts itself has these rows, too.
#}
{% macro log_tables(results) %}
    {% if 'int_build_tables' not in our_nodes() or not is_there('int_build_tables') %}
        {{ return('') }}
    {% endif %}
    {% set counts = [] %}
    {% for name, schema in public_tables_in(results).items() %}
        {% do counts.append(
            "select '" ~ name ~ "' as table_name, count(*) as row_count from "
            ~ api.Relation.create(
                database=target.database or none, schema=schema, identifier=name
            )
        ) %}
    {% endfor %}
    {% if counts %}
        {% do run_query(
            "insert into " ~ our_relation('int_build_tables') ~ " select '"
            ~ invocation_id ~ "', table_name, row_count"
            ~ " + case when table_name = 'build_tables' then " ~ counts | length
            ~ " else 0 end from (" ~ counts | join(' union all ') ~ ") as counts"
        ) %}
    {% endif %}
{% endmacro %}


{# After a stopped build tables are of different builds until a whole one ends. #}
{% macro tell_of_stopped_builds() %}
    {% set build_log = our_relation('int_build_log') %}
    {% set began_at, builds = run_query(
        "select cast(min(happened_at) as string), count(*) from " ~ build_log
        ~ " where event = 'began' and build_id not in ("
        ~ "select build_id from " ~ build_log ~ " where event = 'ended')"
        ~ " and happened_at > coalesce((select max(happened_at) from " ~ build_log
        ~ " where event = 'ended' and status in ('complete', 'published')),"
        ~ " timestamp '1970-01-01 00:00:00')"
    ).rows[0] %}
    {% if builds %}
        {% do log(
            'The build that began at ' ~ began_at[:19] ~ ' UTC was stopped before its '
            ~ 'end' ~ (' (' ~ (builds - 1) ~ ' more since)' if builds > 1 else '')
            ~ ': tables may be of different builds until a whole dbt build ends.',
            info=true
        ) %}
    {% endif %}
{% endmacro %}


{# A moment in UTC as SQL writes a timestamp. #}
{% macro moment_in_words(moment) %}
    {{ return(moment.strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{% endmacro %}


{# Builds with the same one had the same vars. YAML reads a date without quotes as one. #}
{% macro configuration_hash() %}
    {% set values = {} %}
    {% for name, rule in var_rules().items() %}
        {% set value = var(name) %}
        {% set is_date = rule['kind'] == 'date' and value is not none %}
        {% do values.update({name: value | string if is_date else value}) %}
    {% endfor %}
    {{ return(local_md5(tojson(values, sort_keys=true))) }}
{% endmacro %}


{# The version in use; none where none was ever fitted. #}
{% macro version_in_warehouse() %}
    {% set versions = our_relation('segmentation_versions') %}
    {% if adapter.get_relation(
        versions.database, versions.schema, versions.identifier
    ) is none %}
        {{ return(none) }}
    {% endif %}
    {{ return(run_query(
        "select max(segmentation_version) from " ~ versions ~ " where is_in_use"
        ~ " and segmentation_name = '" ~ segmentation_name() ~ "'"
    ).rows[0][0]) }}
{% endmacro %}

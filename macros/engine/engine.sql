{#
    What DuckDB and Spark spell differently. Models use these macros and otherwise only
    the SQL that both engines share.
#}

{#
    The rows of `relation` with all `columns` of the contract; those it lacks are null, and
    have the type of clean values where they are known to be `absent`.
#}
{% macro with_columns(relation, columns, absent) %}
    {{ return(adapter.dispatch(
        'with_columns', 'customer_segmentation'
    )(relation, columns, absent)) }}
{% endmacro %}

{% macro default__with_columns(relation, columns, absent) %}
    select
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column, properties in columns.items() %}
            {{ 'cast(null as ' ~ absent_type(properties['kind']) ~ ')'
                if column in absent else 'null' }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where false
        union all by name
        select * from {{ relation }}
    ) as raw_records
{% endmacro %}

{#
    The columns of a table are known when a model is compiled, after the table was made.
    Those of the rows of a unit test are not: what they lack is found outside of them.
#}
{% macro spark__with_columns(relation, columns, absent) %}
    {%- if model.resource_type == 'unit_test' %}
    select raw_records.*
    from (
        select null as {{ columns | join(', null as ') }}
    ) as absent_columns
    cross join lateral (
    {%- endif %}
    select
        {%- for column, properties in columns.items() %}
        {{ 'cast(null as ' ~ absent_type(properties['kind']) ~ ')'
            if column in absent else column }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as raw_records
    {{- ') as raw_records' if model.resource_type == 'unit_test' }}
{% endmacro %}

{# Not text where it would have to be parsed. #}
{% macro absent_type(kind) %}
    {{ return('bigint' if kind == 'id' else sql_type(kind)) }}
{% endmacro %}


{#
    Whether a raw column came with one of the families of types text, time, number or
    boolean. A constant when the query is planned: what a typed column does not need is
    not executed.
#}
{% macro has_type(column, family) -%}
    {%- set types = {
        'text': ['varchar', 'string'],
        'time': [
            'date', 'timestamp', 'timestamp_ntz', 'timestamp_s', 'timestamp_ms',
            'timestamp_ns', 'timestamp with time zone'
        ],
        'number': [
            'tinyint', 'smallint', 'int', 'integer', 'bigint', 'hugeint', 'utinyint',
            'usmallint', 'uinteger', 'ubigint', 'float', 'double'
        ],
        'instant': [type_of_instants()],
        'fraction': ['float', 'double'],
        'boolean': ['boolean']
    } -%}
    {#- Not an IN: of a column that no file has the type is no constant, and an IN list
        becomes a join that is made for every row. -#}
    instr('|{{ types[family] | join("|") }}|', '|' || lower(typeof({{ column }})) || '|') > 0
{%- endmacro %}


{# The type of moments that are told by the clock of whoever asks. #}
{% macro type_of_instants() -%}
    {{ return(adapter.dispatch('type_of_instants', 'customer_segmentation')()) }}
{%- endmacro %}

{% macro default__type_of_instants() -%}
    timestamp with time zone
{%- endmacro %}

{# What DuckDB calls timestamp is timestamp_ntz there. #}
{% macro spark__type_of_instants() -%}
    timestamp
{%- endmacro %}


{# A timestamp from text in the first of several strftime formats that fits, or null. #}
{% macro try_parse_timestamp(text, formats) -%}
    {{ return(adapter.dispatch(
        'try_parse_timestamp', 'customer_segmentation'
    )(text, formats)) }}
{%- endmacro %}

{% macro default__try_parse_timestamp(text, formats) -%}
    try_strptime({{ text }}, ['{{ formats | join("', '") }}'])
{%- endmacro %}

{% macro spark__try_parse_timestamp(text, formats) -%}
    coalesce(
        {%- for format in formats %}
        try_to_timestamp({{ text }}, '{{ format
            | replace('%d', 'd') | replace('%m', 'M') | replace('%Y', 'yyyy')
            | replace('%y', 'yy') | replace('%b', 'MMM') | replace('%H', 'H')
            | replace('%M', 'm') | replace('%S', 's') | replace('%B', 'MMMM')
            | replace('%I', 'h') | replace('%p', 'a')
        }}'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# Every match of a regular expression replaced. #}
{% macro regexp_replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch(
        'regexp_replace_all', 'customer_segmentation'
    )(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ java_pattern(pattern) }}, '{{ replacement }}')
{%- endmacro %}


{#
    A pattern of DuckDB as a literal that Java reads the same: a text ends at its end and
    not before the last line feed, and only a line feed ends a line.
#}
{% macro java_pattern(pattern) -%}
    r'(?d){{ modules.re.sub("[$](?=$|[|)])", "\\\\z", pattern) }}'
{%- endmacro %}


{# Text with every letter and its accents as one character (Unicode's form NFC). #}
{% macro composed(text) -%}
    {{ return(adapter.dispatch('composed', 'customer_segmentation')(text)) }}
{%- endmacro %}

{% macro default__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}

{# Spark has no function for it, and most systems write that form. #}
{% macro spark__composed(text) -%}
    {{ text }}
{%- endmacro %}


{# Files a location matches; an empty list where it matches none. #}
{% macro files_at(path) %}
    {{ return(adapter.dispatch('files_at', 'customer_segmentation')(path)) }}
{% endmacro %}

{% macro default__files_at(path) %}
    {{ return(run_query("select file from glob('" ~ path ~ "') limit 1").columns[0].values()) }}
{% endmacro %}

{# A file that is not there is what Spark itself says when a view of it is made. #}
{% macro spark__files_at(path) %}
    {{ return([path]) }}
{% endmacro %}


{# A source table that is a parquet file, for adapters that do not read it where it is. #}
{% macro make_source_view(source_table, path) %}
    {{ return(adapter.dispatch(
        'make_source_view', 'customer_segmentation'
    )(source_table, path)) }}
{% endmacro %}

{% macro default__make_source_view(source_table, path) %}
{% endmacro %}

{% macro spark__make_source_view(source_table, path) %}
    {% do run_query('create schema if not exists ' ~ source_table.schema) %}
    {% do run_query(
        'create or replace view ' ~ source_table.relation_name
        ~ ' as select * from parquet.`' ~ path ~ '`'
    ) %}
{% endmacro %}


{#
    Drop the table through which an incremental Python model appends: the adapter makes
    it in whatever schema is the connection's, under the model's name with the suffix
    __dbt_tmp, and leaves it behind.
#}
{% macro drop_append_tables(relation) %}
    {{ return(adapter.dispatch('drop_append_tables', 'customer_segmentation')(relation)) }}
{% endmacro %}

{% macro default__drop_append_tables(relation) %}
    {% if execute %}
        {% set leftovers = run_query(
            "select table_schema, table_name from information_schema.tables"
            ~ " where starts_with(table_name, '" ~ relation.identifier ~ "__dbt_tmp')"
        ).rows %}
        {% for schema, table_name in leftovers %}
            {% do adapter.drop_relation(api.Relation.create(
                database=relation.database, schema=schema,
                identifier=table_name, type='table'
            )) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{# This adapter drops the table itself. #}
{% macro spark__drop_append_tables(relation) %}
{% endmacro %}


{# Skewness of a sample: n / ((n - 1) (n - 2)) times the sum of cubed standard scores. #}
{% macro sample_skewness(column) -%}
    {{ return(adapter.dispatch('sample_skewness', 'customer_segmentation')(column)) }}
{%- endmacro %}

{% macro default__sample_skewness(column) -%}
    skewness({{ column }})
{%- endmacro %}

{# Spark's own is that of a population. #}
{% macro spark__sample_skewness(column) -%}
    skewness({{ column }})
    * sqrt(cast(count({{ column }}) as double) * (count({{ column }}) - 1))
    / nullif(count({{ column }}) - 2, 0)
{%- endmacro %}


{# The columns of a relation; none where it is not there. #}
{% macro columns_of(relation) %}
    {{ return(adapter.dispatch('columns_of', 'customer_segmentation')(relation)) }}
{% endmacro %}

{# The adapter's own question would open a transaction that nothing commits. #}
{% macro default__columns_of(relation) %}
    {{ return(run_query(
        "select lower(column_name) from information_schema.columns where table_schema = '"
        ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ).columns[0].values() | list) }}
{% endmacro %}

{% macro spark__columns_of(relation) %}
    {% if load_relation(relation) is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(adapter.get_columns_in_relation(relation)
        | map(attribute='name') | map('lower') | list) }}
{% endmacro %}


{# The words that name no column unless they are in quotes. #}
{% macro reserved_words() %}
    {{ return(adapter.dispatch('reserved_words', 'customer_segmentation')()) }}
{% endmacro %}

{% macro default__reserved_words() %}
    {{ return(run_query(
        "select keyword_name from duckdb_keywords() "
        ~ "where keyword_category in ('reserved', 'type_function')"
    ).columns[0].values()) }}
{% endmacro %}

{# Spark reserves no others unless it is told to. #}
{% macro spark__reserved_words() %}
    {{ return(['false', 'null', 'true']) }}
{% endmacro %}

{#
    Where the raw records of a table of the source system crm are: the seed, the
    place that crm_location names, or nowhere (null) when crm_tables leaves it out.
    The seed is a ref() and the rest a source(), so that lineage and build order are
    right in both cases. Of another source system they are its own mapping of them to
    the columns of the contract, raw_<system>__<entity>.
#}
{% macro raw_relation(system, table_name) %}
    {% if table_name not in source_system_entities()[system] %}
        {{ return(none) }}
    {% elif system != 'crm' %}
        {{ return(ref('raw_' ~ system ~ '__' ~ table_name)) }}
    {% elif var('crm_location') %}
        {% set source_relation = source('crm', table_name) %}
        {{ return(var('crm_location') | replace('{name}', table_name)) }}
    {% else %}
        {{ return(ref('raw_' ~ table_name)) }}
    {% endif %}
{% endmacro %}


{# Every column of the contract, as found; an absent table has no rows. #}
{% macro raw_records(system, table_name) %}
    {% set columns = raw_table_contract()[table_name]['columns'] %}
    {% set relation = raw_relation(system, table_name) %}
    {% if relation is none %}
        select
            {%- for column in columns %}
            cast(null as string) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where false
    {% else %}
        {{ with_columns(relation, columns) }}
    {% endif %}
{% endmacro %}

{#
    Every column of the contract, as found, those that are `absent` null; an absent table
    has no rows. The seed is a ref() and a company's own records are a source(), so that
    lineage and build order are right in both cases. Of another source system than crm
    they are its own mapping of them to the columns of the contract,
    raw_<system>__<entity>.
#}
{% macro raw_records(system, table_name, absent) %}
    {% set columns = raw_table_contract()[table_name]['columns'] %}
    {% if table_name not in source_system_entities()[system] %}
        {{ return(no_records(columns)) }}
    {% elif system != 'crm' %}
        {{ return(with_columns(ref('raw_' ~ system ~ '__' ~ table_name), columns, absent)) }}
    {% elif table_name in tables_of_relations() %}
        {{ return(records_of_relation(table_name, columns, absent)) }}
    {% elif not has_own_records() %}
        {% do refuse(problem_with_relations([])) %}
        {{ return(with_columns(ref('raw_' ~ table_name), columns, absent)) }}
    {% endif %}

    {% set source_relation = source('crm', table_name) %}
    {# No file is read before it is known where in it a record begins and ends. #}
    {% set checked = ref('int_malformed_lines') %}
    {% if not execute %}
        {{ return(no_records(columns)) }}
    {% endif %}
    {% set input = found_input(raw_table(table_name)) %}
    {% if input['absence'] is not none and may_be_absent(table_name) %}
        {{ return(no_records(columns)) }}
    {% endif %}
    {% do refuse(problem_with_input(table_name, input)) %}
    {{ return(with_columns(input['relation'], columns, absent)) }}
{% endmacro %}


{# The same where the raw table is a relation of a dbt project, which is built before. #}
{% macro records_of_relation(table_name, columns, absent) %}
    {% set place = relation_in_var('segmentation_' ~ table_name) %}
    {% set input = found_relation(table_name) if execute else none %}
    {% if not execute or input['absence'] and not flags.WHICH in ['build', 'run'] %}
        {{ return(no_records(columns)) }}
    {% endif %}
    {% do refuse(problem_with_input(table_name, input)) %}
    {% if model.name == 'base_crm__' ~ table_name %}
        {% do tell_of_input(table_name, input) %}
    {% endif %}
    {{ return(with_columns(input['relation'], columns, absent)) }}
{% endmacro %}


{# The columns of the contract that a raw table lacks; none before they can be known. #}
{% macro absent_columns(system, table_name) %}
    {% set columns = raw_table_contract()[table_name]['columns'] | list %}
    {% if table_name not in source_system_entities()[system] %}
        {{ return(columns) }}
    {% elif not execute %}
        {{ return([]) }}
    {% elif system == 'crm' and table_name in tables_of_relations() %}
        {{ return(found_relation(table_name).get('absent', columns)) }}
    {% elif system == 'crm' and has_own_records() %}
        {{ return(found_input(raw_table(table_name)).get('absent', columns)) }}
    {% endif %}
    {% set found = adapter.get_columns_in_relation(
        ref('raw_' ~ table_name if system == 'crm' else 'raw_' ~ system ~ '__' ~ table_name)
    ) | map(attribute='name') | map('lower') | list %}
    {{ return(columns | reject('in', found) | list if found else []) }}
{% endmacro %}


{% macro no_records(columns) %}
    select
        {%- for column in columns %}
        cast(null as string) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
{% endmacro %}


{# Whether the records of the source system crm are the company's own, not the seeds. #}
{% macro has_own_records() %}
    {{ return(true if has_locations() or tables_of_relations() else false) }}
{% endmacro %}

{% macro has_locations() %}
    {{ return(var('crm_folder') or var('crm_location') or var('crm_locations')) }}
{% endmacro %}


{# The raw tables that the source system crm has. #}
{% macro tables_of_crm(table_names=none) %}
    {{ return(tables_of_relations(table_names) or var('crm_tables')) }}
{% endmacro %}


{# The raw tables of the source system crm that may be in text files. #}
{% macro tables_of_files() %}
    {% if 'crm' in valid_var('source_systems') and has_locations() %}
        {{ return(valid_var('crm_tables')) }}
    {% endif %}
    {{ return([]) }}
{% endmacro %}


{#
    What the reader is asked of a raw table: where it is, which columns it needs and what
    these are called there. The fields are those of RawTable in segmentation.reading.
#}
{% macro raw_table(table_name) %}
    {% set contract = raw_table_contract()[table_name] %}
    {% set location = valid_var('crm_locations').get(table_name)
        or valid_var('crm_location') %}
    {% set names = {} %}
    {% set texts = [] %}
    {% for name, column in contract['columns'].items() %}
        {% if column['kind'] == 'text' %}
            {% do texts.append(name) %}
        {% endif %}
        {% set name_in_file = valid_var('crm_columns').get(table_name ~ '.' ~ name) %}
        {% if name_in_file %}
            {% do names.update({name: name_in_file}) %}
        {% endif %}
    {% endfor %}
    {{ return({
        'table': table_name,
        'location': location | replace('{name}', table_name) if location else none,
        'folder': valid_var('crm_folder') if not location else none,
        'columns': contract['columns'] | list,
        'texts': texts,
        'needed': needed_columns(table_name),
        'alternatives': alternative_columns(table_name),
        'names': names,
        'options': valid_var('csv_options').get(table_name, {})
    }) }}
{% endmacro %}


{#
    Whether a raw table may have no file: in a folder, unless crm_tables says which there
    are. Lines whose orders are missing would count nowhere.
#}
{% macro may_be_absent(table_name) %}
    {{ return(
        raw_table(table_name)['folder'] is not none
        and valid_var('crm_tables') | length == raw_table_contract() | length
        and (
            table_name != 'orders'
            or found_input(raw_table('order_items'))['absence'] is not none
        )
    ) }}
{% endmacro %}

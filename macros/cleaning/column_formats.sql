{#
    How the values of a column are to be read where they leave a choice, such as whether
    05/03/2024 is the fifth of March or 1.234 over a thousand: decided for the whole column,
    in int_column_formats, by the values that leave no choice or by a var.
#}

{# The columns of a raw table that need a decision, and their kinds. #}
{% macro columns_with_a_style(table_name) %}
    {% set columns = {} %}
    {% for name, column in raw_table_contract()[table_name]['columns'].items()
        if has_style(column['kind']) %}
        {% do columns.update({name: column['kind']}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{% macro has_style(kind) %}
    {{ return(is_date_kind(kind) or is_number_kind(kind)) }}
{% endmacro %}

{% macro is_date_kind(kind) %}
    {{ return(kind in ['date', 'timestamp']) }}
{% endmacro %}

{% macro is_number_kind(kind) %}
    {{ return(kind in ['money', 'number', 'integer', 'rate', 'rating']) }}
{% endmacro %}


{# All that values may be evidence of. #}
{% macro evidence_of_styles() %}
    {{ return(style_evidence('date', 'none') | list + style_evidence('money', 'none') | list) }}
{% endmacro %}


{# What a var says of a column, or auto. #}
{% macro style_setting(table_name, column, kind) %}
    {% set settings = valid_var('date_orders' if is_date_kind(kind) else 'decimal_separators') %}
    {{ return(settings.get(table_name ~ '.' ~ column, 'auto')) }}
{% endmacro %}


{# One row with the style of each column that needs one, null where nothing decides. #}
{% macro column_formats(system, table_name) -%}
    select
        {%- for name, kind in columns_with_a_style(table_name).items() %}
        bool_or({{ 'is_day_first' if is_date_kind(kind) else 'is_decimal_comma' }})
            filter (where column_name = '{{ name }}') as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_column_formats') }}
    where source_system = '{{ system }}' and entity = '{{ table_name }}'
{%- endmacro %}

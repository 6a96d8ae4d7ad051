{#
    How the values of a column are to be read where they leave a choice, such as whether
    05/03/2024 is the fifth of March: decided for the whole column, in int_column_formats,
    by the values that leave no choice or by a var.
#}

{# The columns of a raw table that need a decision, and their kinds. #}
{% macro columns_with_a_style(table_name) %}
    {% set columns = {} %}
    {% for name, column in raw_table_contract()[table_name]['columns'].items()
        if column['kind'] in kinds_with_a_style() %}
        {% do columns.update({name: column['kind']}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{% macro kinds_with_a_style() %}
    {{ return(['date', 'timestamp']) }}
{% endmacro %}


{# What the values of a column may be evidence of. #}
{% macro evidence_of_styles() %}
    {{ return(['day_first', 'month_first', 'either_order']) }}
{% endmacro %}


{# What a var says of a column, or auto. #}
{% macro style_setting(table_name, column, kind) %}
    {{ return(valid_var('date_orders').get(table_name ~ '.' ~ column, 'auto')) }}
{% endmacro %}


{# One row with the style of each column that needs one, null where nothing decides. #}
{% macro column_formats(system, table_name) -%}
    select
        {%- for name in columns_with_a_style(table_name) %}
        bool_or(is_day_first) filter (where column_name = '{{ name }}') as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_column_formats') }}
    where source_system = '{{ system }}' and entity = '{{ table_name }}'
{%- endmacro %}


{# The style of a raw column, as `formats` in the cleaning models has it. #}
{% macro style_of(column, kind) %}
    {{ return('formats.' ~ column if kind in kinds_with_a_style() else 'cast(null as boolean)') }}
{% endmacro %}

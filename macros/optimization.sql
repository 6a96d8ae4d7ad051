{# A value of the column `measure`, kept on its scale. Null stays null. #}
{% macro on_scale_of_measure(value) -%}
    case
        when {{ value }} is null then null
        when measure = 'satisfaction' then least(greatest({{ value }}, 1), 5)
        when measure in ('loyalty', 'conversion')
            then least(greatest({{ value }}, 0), 1)
        else {{ value }}
    end
{%- endmacro %}

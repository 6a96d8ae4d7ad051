{# The one style that a raw text is evidence of, by name. #}
{% macro evidence_in(kind, column) -%}
    case
        when not {{ has_type(column, 'text') }} then null
        {%- for fact, condition in style_evidence(kind, column).items() %}
        when {{ condition }} then '{{ fact }}'
        {%- endfor %}
    end
{%- endmacro %}

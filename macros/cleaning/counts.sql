{# Whether a raw value says anything. #}
{% macro is_present(name) -%}
    case
        when raw_{{ name }} is null then false
        when not {{ has_type('raw_' ~ name, 'text') }} or {{ name }} is not null then true
        else not {{ is_blank('raw_' ~ name) }}
    end
{%- endmacro %}


{# The one style that a raw text is evidence of, by name. #}
{% macro evidence_in(kind, column) -%}
    case
        when not {{ has_type(column, 'text') }} then null
        {%- for fact, condition in style_evidence(kind, column).items() %}
        when {{ condition }} then '{{ fact }}'
        {%- endfor %}
    end
{%- endmacro %}

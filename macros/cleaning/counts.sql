{# Whether a raw value says anything. #}
{% macro is_present(name) -%}
    case
        when raw_{{ name }} is null then false
        when not {{ has_type('raw_' ~ name, 'text') }} or {{ name }} is not null then true
        else not {{ is_blank('raw_' ~ name) }}
    end
{%- endmacro %}


{% macro count_of(condition) -%}
    count(*) filter (where {{ condition }})
{%- endmacro %}


{# Of a column that came with a type nothing is executed. #}
{% macro count_of_texts(column, condition) -%}
    {{ count_of('case when ' ~ has_type(column, 'text') ~ ' then ' ~ condition ~ ' end') }}
{%- endmacro %}

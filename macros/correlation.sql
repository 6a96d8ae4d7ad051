{#
    Pearson's correlation of two numbers of a group; null, and never not-a-number, where
    one of them is the same in all rows.
#}
{% macro correlation(first, second) -%}
    case
        when min({{ first }}) < max({{ first }}) and min({{ second }}) < max({{ second }})
            then corr(cast({{ first }} as double), cast({{ second }} as double))
    end
{%- endmacro %}

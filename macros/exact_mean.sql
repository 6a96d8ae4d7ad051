{#
    The mean of doubles as a sum of decimals: the last digits of a sum of doubles depend
    on the order of the rows, and a mean of amounts often lies where these digits decide
    how it is rounded.
#}
{% macro exact_mean(value) -%}
    cast(avg(cast({{ value }} as decimal(38, 12))) as double)
{%- endmacro %}

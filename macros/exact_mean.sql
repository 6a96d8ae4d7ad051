{#
    The mean of doubles as a sum of decimals: the last digits of a sum of doubles depend
    on the order of the rows, and a mean of amounts often lies where these digits decide
    how it is rounded. Where a value is too large for it, or no number, that of doubles.
#}
{% macro exact_mean(value) -%}
    {%- set exact = 'try_cast(' ~ value ~ ' as decimal(32, 12))' -%}
    case
        when count({{ exact }}) = count({{ value }})
            then cast(avg({{ exact }}) as double)
        else avg({{ value }})
    end
{%- endmacro %}

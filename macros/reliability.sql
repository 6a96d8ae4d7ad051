{#
    When an interval is reliable: it is of enough customers, who were not all alike, and
    the mean of amounts is of at least five that are not zero. With fewer of them the
    interval depends on what these few happen to be: docs/intervals.md has the figures.
    `nonzero_count` is null of what is no mean of amounts.
#}
{% macro is_reliable_interval(customers, nonzero_count, low, high) -%}
    (
        {{ customers }} >= {{ var('minimum_reliable_customers') }}
        and coalesce({{ nonzero_count }} >= 5, true)
        and coalesce({{ low }} < {{ high }}, false)
    )
{%- endmacro %}


{#
    A bound of a mean of amounts. Where all amounts are zero there is none, as nothing
    says how large an amount would be; where none is below zero, their mean is not.
#}
{% macro amount_bound(bound, nonzero_count, negative_count) -%}
    case
        when {{ nonzero_count }} = 0 then null
        when {{ negative_count }} = 0 and {{ bound }} < 0 then 0
        else {{ bound }}
    end
{%- endmacro %}

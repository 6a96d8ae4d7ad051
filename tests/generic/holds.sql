{#
    The condition is false for no row. As in a check constraint, a condition that cannot
    be decided because a value is missing is not broken: say `is not null` where it must
    not be missing.
#}
{% test holds(model, condition) %}
    {{ config(enabled=has_all_tests()) }}
    select *
    from {{ model }} as tested
    where not ({{ condition }})
{% endtest %}

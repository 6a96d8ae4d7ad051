{#
    The condition is false for no row. As in a check constraint, a condition that cannot
    be decided because a value is missing is not broken: say `is not null` where it must
    not be missing.
#}
{% test holds(model, condition) %}
    {{ config(enabled=var('segmentation_tests') == 'all') }}
    select *
    from {{ model }} as tested
    where not ({{ condition }})
{% endtest %}

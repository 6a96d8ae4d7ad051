{#
    The condition, or each of the `conditions` by the claim that it makes, is false for no
    row. As in a check constraint, a condition that cannot be decided because a value is
    missing is not broken: say `is not null` where it must not be missing. A row that is
    found says in `broken` which claims it breaks.
#}
{% test holds(model, condition=none, conditions=none) %}
    {{ config(enabled=has_all_tests()) }}
    {% if (condition is none) == (conditions is none) %}
        {{ exceptions.raise_compiler_error(
            'holds of ' ~ model ~ ': got '
            ~ ('neither condition nor conditions' if condition is none
                else 'condition and conditions')
            ~ '; expected one of them.'
        ) }}
    {% endif %}
    {% set conditions = conditions or {'condition': condition} %}

    select
        concat_ws(
            ', '
            {%- for claim, condition in conditions.items() %},
            case when not ({{ condition }}) then '{{ claim }}' end
            {%- endfor %}
        ) as broken,
        tested.*
    from {{ model }} as tested
    where
        {%- for condition in conditions.values() %}
        {{ 'or ' if not loop.first }}not ({{ condition }})
        {%- endfor %}
{% endtest %}

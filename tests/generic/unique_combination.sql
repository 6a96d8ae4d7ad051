{#
    No two rows have the same values in all `columns`. Missing values are values here:
    two rows that are missing the same ones are the same combination.
#}
{% test unique_combination(model, columns) %}
    {{ config(enabled=has_all_tests()) }}
    {% if columns is string or columns is not iterable or not columns %}
        {{ exceptions.raise_compiler_error(
            'unique_combination of ' ~ model ~ ': got columns ' ~ columns
            ~ '; expected a list of column names.'
        ) }}
    {% endif %}

    select
        {{ columns | join(',\n        ') }},
        count(*) as row_count
    from {{ model }} as tested
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

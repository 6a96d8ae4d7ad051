{#
    Rows that show one of the numbers in `columns` over fewer than `minimum` customers,
    and totals that give such a number away: where the rows with the same values in the
    columns `within` make a total, those of them that show nothing are nobody or at least
    `minimum` customers together. `customers` is the column that counts customers behind
    the numbers of a row. A total under `minimum` is hidden itself, and any is where the
    column `total`, which shows it, is null.
#}
{% test k_anonymous(model, columns, customers, within=[], total=none, minimum=none) %}
    {{ config(enabled=has_all_tests()) }}
    {% for argument, names in {'columns': columns, 'within': within}.items()
        if names is string or names is not iterable
        or (argument == 'columns' and not names) %}
        {{ exceptions.raise_compiler_error(
            'k_anonymous of ' ~ model ~ ': got ' ~ argument ~ ' ' ~ names
            ~ '; expected a list of column names.'
        ) }}
    {% endfor %}
    {% set minimum = minimum if minimum is not none else var('minimum_cell_size') %}

    with

    cells as (

        select
            {%- for column in within %}
            {{ column }} as key_{{ loop.index }},
            {%- endfor %}
            {{ total or 0 }} as total,
            {{ customers }} as customers_behind,
            (
                {%- for column in columns %}
                {{ 'or ' if not loop.first }}{{ column }} is not null
                {%- endfor %}
            ) as is_shown
        from {{ model }} as tested

    )

    select
        {%- for column in within %}
        key_{{ loop.index }},
        {%- endfor %}
        customers_behind,
        'shown' as what_is_wrong
    from cells
    where is_shown and customers_behind < {{ minimum }}
    {%- if within %}
    union all
    select
        {%- for column in within %}
        key_{{ loop.index }},
        {%- endfor %}
        sum(customers_behind) filter (where not is_shown) as customers_behind,
        'total less what is shown' as what_is_wrong
    from cells
    group by
        {%- for column in within %}
        key_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    having sum(customers_behind) >= {{ minimum }}
        and count(total) > 0
        and sum(customers_behind) filter (where not is_shown)
        between 1 and {{ minimum - 1 }}
    {%- endif %}
{% endtest %}

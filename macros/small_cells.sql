{#
    Which cells of a table are shown. A cell is a number over a group of customers, and a
    total is what its groups make together. Hidden are the cells of fewer than var
    minimum_cell_size customers, and the smallest of the others as well where those hidden
    within a total are fewer together: the total less what is shown would say it of them.
    Sizes of groups are no secret.

    `customers` are columns that count a group, as one for each arm of a campaign;
    `contributors` those that count who of them make the number, as buyers do the spend:
    of fewer than the minimum nothing is told either, but that there are none is. `total`
    are the columns that name a total, `ties` one that orders groups of a size. Groups for
    which `is_published` is false are in the total and not in the table.

    A total is shown where it is a large cell and does not tell of few.
#}
{% macro is_shown_cell(
    customers, contributors, total, ties, is_published='true'
) -%}
    {%- set open -%}
        ({{ is_large_cell(customers, contributors) }} and {{ is_published }})
    {%- endset -%}
    {%- set within = total | join(', ') -%}
    (
        {{ open }}
        and not (
            {{ tells_of_few(customers, contributors, open, total) }}
            {#- A group of which nobody makes the number hides nobody who does. #}
            and row_number() over (
                partition by {{ within }}, {{ open }}
                order by
                    {%- for count in contributors %}
                    coalesce({{ count }}, 0) = 0,
                    {%- endfor %}
                    {{ customers | join(' + ') }},
                    {{ ties }} nulls last
            ) = 1
        )
    )
{%- endmacro %}


{# Whether a total less the cells for which `is_shown` is true is a small cell. #}
{% macro tells_of_few(customers, contributors, is_shown, total) -%}
    (
        {%- for count in customers + contributors %}
        {{ 'or ' if not loop.first }}coalesce(
            sum({{ count }}) filter (where not {{ is_shown }})
                over (partition by {{ total | join(', ') }}),
            0
        ) between 1 and {{ var('minimum_cell_size') - 1 }}
        {%- endfor %}
    )
{%- endmacro %}


{# Whether enough customers are counted, and of those who make the number, or none. #}
{% macro is_large_cell(customers, contributors) -%}
    {%- set minimum = var('minimum_cell_size') -%}
    (
        {%- for count in customers %}
        {{ 'and ' if not loop.first }}coalesce({{ count }}, 0) >= {{ minimum }}
        {%- endfor %}
        {%- for count in contributors %}
        and coalesce({{ count }}, 0) not between 1 and {{ minimum - 1 }}
        {%- endfor %}
    )
{%- endmacro %}

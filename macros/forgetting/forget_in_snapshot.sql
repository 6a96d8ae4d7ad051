{#
    A snapshot without the rows that a build opened. A row that it closed ends where the
    one that it opened instead ended, or else where the customer's next one begins; where
    that says the same again the two are one.
#}
{% macro forget_in_snapshot(name, window) %}
    {% set relation = our_relation(name) %}
    {% set node = our_nodes()[name] %}
    {% set keys = node.config.unique_key %}
    {% set same_key = [] %}
    {% for key in keys %}
        {% do same_key.append('kept.' ~ key ~ ' = forgotten.' ~ key) %}
    {% endfor %}
    {% set same_state = [] %}
    {% for column in node.config.check_cols %}
        {% do same_state.append(
            'lag(' ~ column ~ ') over of_key is not distinct from ' ~ column
        ) %}
    {% endfor %}
    {% set columns = columns_of(relation)
        | reject('equalto', 'dbt_valid_to') | join(', ') %}
    {% set of_key = 'window of_key as (partition by ' ~ keys | join(', ')
        ~ ' order by dbt_valid_from asc)' %}
    {% set query %}
        create or replace table {{ relation }} as
        with forgotten as (
            select {{ keys | join(', ') }}, dbt_valid_to as valid_to
            from {{ relation }}
            where {{ window.format('dbt_valid_from') }}
        ),
        kept as (
            select *, {{ window.format('dbt_valid_to') }} as was_closed,
                lead(dbt_valid_from) over of_key as next_valid_from
            from {{ relation }}
            where not {{ window.format('dbt_valid_from') }}
            {{ of_key }}
        ),
        ended as (
            select
                {% for column in columns.split(', ') %}
                kept.{{ column }},
                {% endfor %}
                kept.was_closed,
                case
                    when not coalesce(kept.was_closed, false) then kept.dbt_valid_to
                    when forgotten.{{ keys[0] }} is not null then forgotten.valid_to
                    else kept.next_valid_from
                end as dbt_valid_to
            from kept
            left join forgotten on {{ same_key | join(' and ') }}
        ),
        compared as (
            select *,
                lag(was_closed) over of_key is true
                and lag(dbt_valid_to) over of_key = dbt_valid_from
                and {{ same_state | join(' and ') }} as continues
            from ended
            {{ of_key }}
        ),
        joined as (
            select *,
                lead(continues) over of_key is true as is_continued,
                lead(dbt_valid_to) over of_key as next_valid_to
            from compared
            {{ of_key }}
        )
        select {{ columns }},
            case when is_continued then next_valid_to else dbt_valid_to end as dbt_valid_to
        from joined
        where continues is not true
    {% endset %}
    {{ return(query) }}
{% endmacro %}


{% macro is_there(name) %}
    {% set relation = our_relation(name) %}
    {{ return(adapter.get_relation(
        relation.database, relation.schema, relation.identifier
    ) is not none) }}
{% endmacro %}


{% macro rows_of_build(name, window) %}
    {{ return(run_query(
        'select count(*) from ' ~ our_relation(name)
        ~ ' where ' ~ window.format('dbt_valid_from')
    ).columns[0].values()[0]) }}
{% endmacro %}

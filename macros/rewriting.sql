{#
    A file of DuckDB keeps the bytes of what was deleted until others are written there. So
    a whole build that erased somebody writes the file anew, as its last act: what follows
    would be lost.
#}
{% macro rewrite_after_erasure() %}
    {% if target.type != 'duckdb' %}
        {{ return('') }}
    {% endif %}
    {% set rewrites = our_relation('int_rewrites') %}
    {% set former, erased, is_first_build = run_query(
        'select (select max_by(erased_hash, rewritten_at) from ' ~ rewrites ~ '), ('
        ~ erased_hash() ~ '), (select count(distinct build_id) = 1 from '
        ~ our_relation('int_build_log') ~ ')'
    ).rows[0] %}
    {% if former == erased %}
        {{ return('') }}
    {% elif is_first_build %}
        {# Nothing was in the file before. #}
        {% do remember_rewrite(erased) %}
    {% elif is_package() or not has_function('rewrite_database') %}
        {# A hook of the host may write after this one. #}
        {% do log('Somebody was erased: dbt run-operation rewrite_warehouse takes what is '
            ~ 'left of them out of the bytes of the file.', info=true) %}
    {% else %}
        {% do rewrite_warehouse() %}
    {% endif %}
{% endmacro %}


{# Write the file of the warehouse anew; dbt run-operation rewrite_warehouse does, too. #}
{% macro rewrite_warehouse() %}
    {% if target.type != 'duckdb' or not has_function('rewrite_database') %}
        {% do refuse('the profile does not load the plugin '
            ~ 'segmentation.publishing.plugin; expected it among its plugins.') %}
    {% endif %}
    {% set erased = run_query(erased_hash()).rows[0][0] %}
    {% do remember_rewrite(erased) %}
    {% do commit_operation() %}
    {% set answer = asked_of('rewrite_database', none) %}
    {% if answer['problem'] is none %}
        {% do log('Wrote the file of the warehouse anew, without what was erased.',
            info=true) %}
    {% else %}
        {% do remember_rewrite('not written') %}
        {% do exceptions.warn(answer['problem'] ~ '. What was erased may be in its bytes '
            ~ 'until a later build or dbt run-operation rewrite_warehouse does it.') %}
    {% endif %}
{% endmacro %}


{# A hash of who is erased, and of whom there still are records; null if nobody is. #}
{% macro erased_hash() %}
    select md5(string_agg(
        concat_ws(
            '|',
            erased.customer_id,
            erased.is_recorded,
            customers.customer_id is not null,
            returned.customer_id is not null
        ),
        ',' order by erased.customer_id, customers.customer_id
    ))
    from {{ our_relation('int_erased_customers') }} as erased
    left join {{ our_relation('int_customers_unioned') }} as customers
        on erased.customer_id = customers.customer_id
    left join {{ our_relation('int_returned_customers') }} as returned
        on erased.customer_id = returned.customer_id
{% endmacro %}


{% macro remember_rewrite(erased) %}
    {% set rewrites = our_relation('int_rewrites') %}
    {% do run_query('delete from ' ~ rewrites) %}
    {% if erased %}
        {% do run_query("insert into " ~ rewrites ~ " select '" ~ erased ~ "', "
            ~ "cast('" ~ moment_in_words(modules.datetime.datetime.now(modules.pytz.utc))
            ~ "' as timestamp)") %}
    {% endif %}
{% endmacro %}

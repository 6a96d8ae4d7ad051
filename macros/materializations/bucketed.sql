{#
    To aggregate many rows by customer is to hold a state for nearly every row, as soon as
    there are more groups than threads have room for. So where a table has more rows than
    var bucket_rows it is sorted by customer_bucket, and what is aggregated from it is made
    of as many buckets at a time as have that many rows.
#}

{# A view, or a sorted table where there are many rows. #}
{% materialization bucketed, adapter='duckdb' %}
    {% if row_count('(' ~ sql ~ ')') <= valid_var('bucket_rows') %}
        {{ return(materialization_view_default()) }}
    {% endif %}
    {{ return(table_in_parts(
        'select * from (' ~ sql ~ ') order by customer_bucket, hash(customer_id)', [none]
    )) }}
{% endmaterialization %}


{# A table that is aggregated from bucketed rows, some buckets at a time. #}
{% materialization by_bucket, adapter='duckdb' %}
    {{ return(table_in_parts(sql, bucket_ranges())) }}
{% endmaterialization %}


{#
    Makes the model's table in one transaction, of what a query gives for one range of
    buckets after the other. For the range none it sees all of them.
#}
{% macro table_in_parts(query, ranges) %}
    {% set former_relation = load_cached_relation(this) %}
    {% set relation = this.incorporate(type='table') %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do adapter.ensure_transaction() %}
    {% if former_relation is not none %}
        {% do adapter.drop_relation(former_relation) %}
    {% endif %}
    {% for buckets in ranges %}
        {% if buckets %}
            {% do run_query('set variable first_bucket = ' ~ buckets[0]) %}
            {% do run_query('set variable last_bucket = ' ~ buckets[1]) %}
        {% endif %}
        {% call statement('main') %}
            {{ create_table_as(false, relation, query) if loop.first
                else 'insert into ' ~ relation ~ ' ' ~ query }}
        {% endcall %}
    {% endfor %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}


{# Pairs of the first and the last bucket, or none where orders are not sorted. #}
{% macro bucket_ranges() %}
    {% set orders = load_cached_relation(our_relation('int_bucketed_orders')) %}
    {% if orders is none or not orders.is_table %}
        {{ return([none]) }}
    {% endif %}
    {% set passes = [
        256, (row_count(orders) / valid_var('bucket_rows')) | round(0, 'ceil') | int
    ] | min %}
    {% set ranges = [] %}
    {% for number in range(passes) %}
        {% do ranges.append((256 * number // passes, 256 * (number + 1) // passes - 1)) %}
    {% endfor %}
    {{ return(ranges) }}
{% endmacro %}


{# Of a relation, or of a query in parentheses. #}
{% macro row_count(relation) %}
    {{ return(
        run_query('select count(*) from ' ~ relation).columns[0].values()[0] | int
    ) }}
{% endmacro %}

{#
    dbt-duckdb builds a table beside the one of the last build and renames both, except
    where a foreign key forbids to rename: there it drops the former table and writes the
    new one in one transaction, which makes a build of small tables a tenth shorter. Its
    materialization asks this macro which way to go: the other way, for every table made
    by SQL. A query that fails leaves the former table. Python models write through a
    cursor of their own, and so cannot write in the transaction of the drop.
#}
{% macro has_foreign_key_constraints(relation=none) %}
    {{ return(model.language == 'sql') }}
{% endmacro %}


{#
    dbt drops what it renamed to make room at the end of each model, whether it renamed or
    not, by a macro in a context of its own and a query. Nothing is dropped that dbt, who
    lists all relations before a build and notes its own, does not know of.
#}
{% macro drop_relation_if_exists(relation) %}
    {% if relation is not none and load_cached_relation(relation) is not none %}
        {{ adapter.drop_relation(relation) }}
    {% endif %}
{% endmacro %}

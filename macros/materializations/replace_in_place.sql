{#
    dbt-duckdb builds a table beside the one of the last build and renames both, except
    where a foreign key forbids to rename: there it drops the former table and writes the
    new one in one transaction, which takes a tenth less of a build of small tables. Its
    materialization asks this macro; let it do so with every table made by SQL. A query
    that fails leaves the former table. Python models write through a cursor of their
    own, so that they cannot drop in its transaction.
#}
{% macro has_foreign_key_constraints(relation=none) %}
    {{ return(model.language == 'sql') }}
{% endmacro %}

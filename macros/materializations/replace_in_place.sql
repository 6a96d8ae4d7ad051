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

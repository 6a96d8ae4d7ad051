{#
    On Spark always a table: a view would read the raw text again for each who reads it, and
    nothing there is copied within one machine.
#}
{% materialization parsed, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}

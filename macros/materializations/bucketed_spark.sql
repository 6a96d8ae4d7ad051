{# Spark spreads rows over its tasks, and the states of what it aggregates. #}
{% materialization bucketed, adapter='spark' %}
    {{ return(materialization_view_default()) }}
{% endmaterialization %}


{% materialization by_bucket, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}

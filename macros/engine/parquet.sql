{# Statements that carry a table over from one engine to the other. #}

{# Writes a relation as parquet files into a folder, and nothing else stays there. #}
{% macro parquet_written(relation, folder) %}
    {{ return(adapter.dispatch(
        'parquet_written', 'customer_segmentation'
    )(relation, folder)) }}
{% endmacro %}

{% macro default__parquet_written(relation, folder) %}
    copy {{ relation }} to '{{ folder }}' (
        format parquet, per_thread_output true, overwrite true
    )
{% endmacro %}

{% macro spark__parquet_written(relation, folder) %}
    insert overwrite directory '{{ folder }}' using parquet select * from {{ relation }}
{% endmacro %}


{# Makes a table of the parquet files in a folder. #}
{% macro table_of_parquet(relation, folder) %}
    {{ return(adapter.dispatch(
        'table_of_parquet', 'customer_segmentation'
    )(relation, folder)) }}
{% endmacro %}

{% macro default__table_of_parquet(relation, folder) %}
    create table {{ relation }} as select * from read_parquet('{{ folder }}/*.parquet')
{% endmacro %}

{% macro spark__table_of_parquet(relation, folder) %}
    create table {{ relation }} using parquet as select * from parquet.`{{ folder }}`
{% endmacro %}

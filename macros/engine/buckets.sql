{# Aggregation of some customers at a time, which Spark has no need of. #}

{# The bucket of a customer, from 0 to 255. #}
{% macro customer_bucket(customer_id) -%}
    {{ return(adapter.dispatch(
        'customer_bucket', 'customer_segmentation'
    )(customer_id)) }}
{%- endmacro %}

{% macro default__customer_bucket(customer_id) -%}
    cast(hash({{ customer_id }}) >> 56 as smallint)
{%- endmacro %}

{% macro spark__customer_bucket(customer_id) -%}
    cast(0 as smallint)
{%- endmacro %}


{# Whether a row is of the buckets that are seen: of any, where nothing is said. #}
{% macro is_in_seen_bucket() -%}
    {{ return(adapter.dispatch('is_in_seen_bucket', 'customer_segmentation')()) }}
{%- endmacro %}

{% macro default__is_in_seen_bucket() -%}
    (
        getvariable('first_bucket') is null
        or customer_bucket
        between getvariable('first_bucket') and getvariable('last_bucket')
    )
{%- endmacro %}

{% macro spark__is_in_seen_bucket() -%}
    true
{%- endmacro %}

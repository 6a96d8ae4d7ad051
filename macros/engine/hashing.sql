{#
    A text as a hash that only a holder of the salt can recognise: HMAC-SHA256 (RFC 2104)
    in hexadecimal digits. Null without a salt: anyone with a list of addresses can
    reverse a plain hash of an email address.

    The plugin segmentation.hashing.plugin, which the profile loads, gives every cursor two
    blocks made of the environment variable SEGMENTATION_SALT as session variables. So
    neither SQL nor any file that dbt writes holds the salt; env_var() would put it into
    both.
#}
{% macro salted_hash(text) -%}
    {{ return(adapter.dispatch('salted_hash', 'customer_segmentation')(text)) }}
{%- endmacro %}

{% macro default__salted_hash(text) -%}
    sha256(
        cast(getvariable('segmentation_outer_key') as blob)
        || unhex(sha256(
            cast(getvariable('segmentation_inner_key') as blob) || encode({{ text }})
        ))
    )
{%- endmacro %}

{# There is no salt on Spark yet, and without a salt there is no hash. #}
{% macro spark__salted_hash(text) -%}
    cast(null as string)
{%- endmacro %}


{# `ready`, `missing` or `short`; none where the profile does not load the plugin. #}
{% macro salt_state() %}
    {{ return(adapter.dispatch('salt_state', 'customer_segmentation')()) }}
{% endmacro %}

{% macro default__salt_state() %}
    {{ return(
        run_query("select getvariable('segmentation_salt_state')").columns[0].values()[0]
    ) }}
{% endmacro %}

{% macro spark__salt_state() %}
    {{ return(none) }}
{% endmacro %}

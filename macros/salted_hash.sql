{#
    A value as a hash that only a holder of the salt can recognise, from the environment
    variable SEGMENTATION_SALT. Without a salt it is null: anyone with a list of
    addresses can reverse a plain hash of an email address.
#}
{% macro salted_hash(column) -%}
    {%- set salt = env_var('SEGMENTATION_SALT', '') -%}
    {%- if salt -%}
        md5({{ column }} || '{{ salt | replace("'", "''") }}')
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{%- endmacro %}

{#
    A value as a hash that only somebody with the salt can recognise, from the
    environment variable SEGMENTATION_SALT. Without a salt it is null: a plain hash of
    an email address is the address to whoever has a list of addresses.
#}
{% macro salted_hash(column) -%}
    {%- set salt = env_var('SEGMENTATION_SALT', '') -%}
    {%- if salt -%}
        md5({{ column }} || '{{ salt | replace("'", "''") }}')
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{%- endmacro %}

{#
    Counting hundreds of millions of keys one by one is the most expensive thing a build
    could do, so keys are first counted in blocks of neighbours, with one bit for each
    key of a block: a block with more records than bits has a repeated key, or two keys
    that share a bit. Only the keys of such blocks need to be counted one by one.

    A key that is a number has up to 59 neighbours; of any other key the neighbours are
    those that differ in the last character only.
#}
{% macro keys_in_blocks(system, table_name) %}
    {%- set key = raw_table_contract()[table_name]['key'] -%}
    {%- set record_key = record_key_expression(table_name, 'cleaned') -%}
    select
        {{ record_key }} as record_key,
    {%- if key | length == 1 %}
        {%- set raw_key = 'cleaned.raw_' ~ key[0] %}
        {%- set is_number = has_type(raw_key, 'number') ~ ' and not ' ~ has_type(raw_key, 'fraction') %}
        {%- set number = 'try_cast(' ~ raw_key ~ ' as bigint)' %}
        case when {{ is_number }} then {{ number }} - {{ number }} % 60 end
            as block_number,
        case
            when not ({{ is_number }})
                then substr({{ record_key }}, 1, length({{ record_key }}) - 1)
        end as block_text,
        case
            when {{ is_number }} then abs({{ number }} % 60)
            else ascii(substr({{ record_key }}, length({{ record_key }}), 1)) % 60
        end as bit_number
    {%- else %}
        cast(null as bigint) as block_number,
        substr({{ record_key }}, 1, length({{ record_key }}) - 1) as block_text,
        ascii(substr({{ record_key }}, length({{ record_key }}), 1)) % 60 as bit_number
    {%- endif %}
    from {{ ref('base_' ~ system ~ '__' ~ table_name) }} as cleaned
    where {{ can_be_repeated(table_name, 'cleaned') }}
{% endmacro %}

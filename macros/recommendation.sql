{#
    Items are recommended by arithmetic on bits: a customer's items are a few numbers, in
    each of which an item is a bit, so that nothing is joined or sorted by customer and
    item. The items that most customers bought fit in.
#}
{% macro item_blocks() %}
    {{ return(range(5) | list) }}
{% endmacro %}


{% macro items_per_block() %}
    {{ return(60) }}
{% endmacro %}


{# The items of a group as the bits of one number of a block; 0 where there are none. #}
{% macro item_bits(block, condition) -%}
    coalesce(
        bit_or(items.item_bit) filter (
            where items.item_block = {{ block }} and {{ condition }}
        ),
        0
    )
{%- endmacro %}


{# How many items the numbers of all blocks have; `{}` stands for the block. #}
{% macro count_items(bits) -%}
    (
        {%- for block in item_blocks() %}
        cast(bit_count({{ bits | replace('{}', block | string) }}) as int)
        {{- ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# Whether the item of a row of `rankings` is in the numbers of all blocks. #}
{% macro has_item(bits) -%}
    (
        case rankings.item_block
            {%- for block in item_blocks() %}
            when {{ block }} then {{ bits | replace('{}', block | string) }}
            {%- endfor %}
        end & rankings.item_bit
    ) <> 0
{%- endmacro %}

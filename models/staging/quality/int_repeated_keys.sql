{#
    The keys of a table are read twice, each time from the records themselves: an engine
    keeps a CTE that is used twice, and keys are far too many to keep.
#}
{% set contract = raw_table_contract() %}
{% set keyed_tables = [] %}
{% for system, entity in staged_tables() if contract[entity]['key'] %}
    {% do keyed_tables.append([system, entity]) %}
{% endfor %}

with

{% for system, entity in keyed_tables %}
suspect_{{ system }}_{{ entity }} as (

    select
        block_number,
        block_text
    from ({{ keys_in_blocks(system, entity) }}) as all_keys
    group by block_number, block_text
    having count(*) > bit_count(bit_or(cast(1 as bigint) << cast(bit_number as int)))

),

repeated_{{ system }}_{{ entity }} as (

    select
        '{{ system }}' as source_system,
        '{{ entity }}' as entity,
        all_keys.record_key,
        count(*) as record_count
    from ({{ keys_in_blocks(system, entity) }}) as all_keys
    inner join suspect_{{ system }}_{{ entity }} as suspect_blocks
        on coalesce(all_keys.block_number, 0) = coalesce(suspect_blocks.block_number, 0)
            and coalesce(all_keys.block_text, '')
            = coalesce(suspect_blocks.block_text, '')
    where all_keys.record_key is not null
    group by all_keys.record_key
    having count(*) > 1

),

{% endfor %}
final as (

    {% for system, entity in keyed_tables %}
    select * from repeated_{{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

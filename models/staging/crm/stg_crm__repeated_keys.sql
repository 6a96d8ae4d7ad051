{{ config(materialized='table', enabled=('crm' in valid_var('source_systems'))) }}

{#
    The keys of a table are read twice, each time from the records themselves: an engine
    keeps a CTE that is used twice, and keys are far too many to keep.
#}
with

{% for table_name, contract in raw_table_contract().items() if contract['key'] %}
suspect_{{ table_name }} as (

    select
        block_number,
        block_text
    from ({{ keys_in_blocks(table_name) }}) as all_keys
    group by block_number, block_text
    having count(*) > bit_count(bit_or(cast(1 as bigint) << cast(bit_number as int)))

),

repeated_{{ table_name }} as (

    select
        '{{ table_name }}' as table_name,
        {{ table_name }}_keys.record_key,
        count(*) as record_count
    from ({{ keys_in_blocks(table_name) }}) as {{ table_name }}_keys
    inner join suspect_{{ table_name }}
        on coalesce({{ table_name }}_keys.block_number, 0)
            = coalesce(suspect_{{ table_name }}.block_number, 0)
            and coalesce({{ table_name }}_keys.block_text, '')
            = coalesce(suspect_{{ table_name }}.block_text, '')
    where {{ table_name }}_keys.record_key is not null
    group by {{ table_name }}_keys.record_key
    having count(*) > 1

),

{% endfor %}
final as (

    {% for table_name, contract in raw_table_contract().items() if contract['key'] %}
    select * from repeated_{{ table_name }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

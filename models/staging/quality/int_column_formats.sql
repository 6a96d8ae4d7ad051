{# One pass over the raw records of a table counts what its columns say of themselves. #}
{% set evidence = evidence_of_styles() %}
{% set tables = [] %}
{% for system, entity in staged_tables() if columns_with_a_style(entity) %}
    {% do tables.append([system, entity]) %}
{% endfor %}

with

{% for system, entity in tables %}
{% set columns = columns_with_a_style(entity) %}
{{ system }}_{{ entity }}_counts as (

    select
        {%- for name, kind in columns.items() %}
        {%- for fact, condition in style_evidence(kind, name).items() %}
        count(*) filter (
            where case when {{ has_type(name, 'text') }} then {{ condition }} end
        ) as {{ name }}_{{ fact }},
        {%- endfor %}
        {%- endfor %}
        count(*) as rows_in
    from ({{ raw_records(system, entity) }}) as raw_records

),

{{ system }}_{{ entity }} as (

    {% for name, kind in columns.items() %}
    {% set found = style_evidence(kind, name) %}
    select
        '{{ system }}' as source_system,
        '{{ entity }}' as entity,
        '{{ name }}' as column_name,
        '{{ style_setting(entity, name, kind) }}' as setting,
        {%- for fact in evidence %}
        {{ name ~ '_' ~ fact if fact in found else '0' }} as {{ fact }}_count
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ system }}_{{ entity }}_counts
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{% endfor %}
counted as (

    {% for system, entity in tables %}
    select * from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- strings
        source_system,
        entity,
        column_name,
        setting,

        ---------- numerics
        {%- for fact in evidence %}
        {{ fact }}_count,
        {%- endfor %}

        ---------- booleans
        -- Where nothing decides, the day is taken to come first.
        case setting
            when 'day_first' then true
            when 'month_first' then false
            else day_first_count >= month_first_count
        end as is_day_first,
        setting = 'auto'
        and either_order_count > 0
        and day_first_count = month_first_count as is_undecided
    from counted

)

select * from final

{# One pass over the raw records of a table counts what values say of its columns. #}
{% set evidence = evidence_of_styles() %}

with

{% for system, entity in staged_tables() %}
{% set columns = columns_with_a_style(entity) %}
{% set absent = absent_columns(system, entity) %}
{{ system }}_{{ entity }}_counts as (

    select
        {%- for name, kind in columns.items() %}
        {{ counts_by_value(evidence_in(kind, name)) }} as {{ name }},
        {%- if kind == 'money' %}
        {{ counts_by_value(currency_of(name)) }} as {{ name }}_currencies,
        {%- endif %}
        {%- endfor %}
        count(*) as rows_in
    from ({{ raw_records(system, entity, absent) }}) as raw_records

),

{{ system }}_{{ entity }} as (

    {% for name, kind in columns.items() %}
    select
        '{{ system }}' as source_system,
        '{{ entity }}' as entity,
        '{{ name }}' as column_name,
        {{ is_date_kind(kind) }} as is_date,
        '{{ style_setting(entity, name, kind) }}' as setting,
        {{ name }} as counts,
        {{ counts_in_words(name ~ '_currencies') if kind == 'money'
            else 'cast(null as string)' }}
            as currencies,
        {{ counted_values(name ~ '_currencies', 'all') if kind == 'money' else 0 }}
            as currency_count,
        {{ counted_values(name ~ '_currencies', 'most') if kind == 'money' else 0 }}
            as main_currency_count
    from {{ system }}_{{ entity }}_counts
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{% endfor %}
unioned as (

    {% for system, entity in staged_tables() %}
    select * from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        source_system,
        entity,
        column_name,
        is_date,
        setting,
        currencies,
        currency_count,
        main_currency_count,
        {%- for fact in evidence %}
        {{ count_in('counts', fact) }} as {{ fact }}_count{{ ',' if not loop.last }}
        {%- endfor %}
    from unioned

),

-- By majority; as many values for either style, or none, decide nothing.
decided as (

    select
        *,
        case
            when not is_date then null
            when setting <> 'auto' then setting = 'day_first'
            when day_first_count <> month_first_count
                then day_first_count > month_first_count
        end as is_day_first,
        case
            when is_date then null
            when setting <> 'auto' then setting = 'comma'
            when decimal_comma_count <> decimal_point_count
                then decimal_comma_count > decimal_point_count
        end as is_decimal_comma
    from counted

),

final as (

    select
        ---------- strings
        source_system,
        entity,
        column_name,
        setting,
        currencies,

        ---------- numerics
        currency_count,
        main_currency_count,
        {%- for fact in evidence %}
        {{ fact }}_count,
        {%- endfor %}
        -- Of the pair that decides, those for the style taken and those against it.
        case when is_day_first then day_first_count else month_first_count end
        + case
            when is_decimal_comma then decimal_comma_count
            else decimal_point_count
        end
            as proving_count,
        case when is_day_first then month_first_count else day_first_count end
        + case
            when is_decimal_comma then decimal_point_count
            else decimal_comma_count
        end
            as contradicting_count,

        ---------- booleans
        is_day_first,
        is_decimal_comma,
        coalesce(is_day_first, is_decimal_comma) is null
        and either_order_count + either_separator_count > 0 as is_undecided
    from decided

)

select * from final

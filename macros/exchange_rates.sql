{#
    The exchange rates with the time for which each holds, as a CTE body. A rate without
    a date holds from the beginning, and each until the next one of its currency.
#}
{% macro exchange_rate_periods() %}
    select
        upper(trim(currency)) as currency,
        rate,
        coalesce(cast(valid_from as timestamp), cast('1900-01-01' as timestamp))
            as valid_from,
        coalesce(
            lead(cast(valid_from as timestamp)) over (
                partition by upper(trim(currency)) order by valid_from nulls first
            ),
            cast('9999-12-31' as timestamp)
        ) as valid_until
    from {{ ref('exchange_rates') }}
{% endmacro %}


{# Whether there is any: without one no order needs to be looked up. #}
{% macro has_exchange_rates() %}
    {%- set rates = ref('exchange_rates') -%}
    {%- if execute and load_relation(rates) -%}
        {{ return(row_count(rates) > 0) }}
    {%- endif -%}
    {{ return(false) }}
{% endmacro %}

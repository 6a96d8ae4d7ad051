{#
    One pass over the staged records of each source system counts them and finds their
    first and last date, which decides the observation dates.
#}
with

{% set counted = [] %}
{% for entity, contract in raw_table_contract().items() %}
{% for system in systems_with(entity) %}
{% do counted.append(system ~ '_' ~ entity) %}
{{ system }}_{{ entity }} as (

    select
        '{{ entity }}' as entity,
        '{{ system }}' as source_system,
        count(*) as record_count,
        {%- set date_column = contract['date'] %}
        {%- if entity == 'customers' %}
        {%- set date_column = 'registered_at' %}
        {%- endif %}
        {%- if date_column and entity != 'erasure_requests' %}
        cast(min({{ date_column }}) as date) as first_record_on,
        cast(max({{ date_column }}) as date) as last_record_on
        {%- else %}
        cast(null as date) as first_record_on,
        cast(null as date) as last_record_on
        {%- endif %}
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}

),

{% endfor %}
{% endfor %}
final as (

    {% for relation in counted %}
    select
        entity,
        source_system,
        record_count,
        first_record_on,
        last_record_on
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

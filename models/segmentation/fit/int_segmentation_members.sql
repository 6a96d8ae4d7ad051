{# Who is in the segmentations with a filter. Those without one have every customer. #}
{% set filters = segmentation_filters() %}

with

customers as (

    select
        customer_features.observation_date,
        customer_features.customer_id,
        {%- for column in filter_attributes() %}
        people.{{ column }},
        {%- endfor %}
        {%- for feature in candidate_features() %}
        customer_features.{{ feature }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_features') }} as customer_features
    left join {{ ref('int_customers_deduplicated') }} as people
        on customer_features.customer_id = people.customer_id

),

final as (

    {% for name, filter in filters.items() %}
    select
        ---------- ids
        '{{ name }}' as segmentation_name,
        observation_date,
        customer_id
    from customers
    where (
        {{ filter }}
    )
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        ---------- ids
        cast(null as string) as segmentation_name,
        observation_date,
        customer_id
    from customers
    where false
    {% endfor %}

)

select * from final

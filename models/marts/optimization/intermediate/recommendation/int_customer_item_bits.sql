{#
    What customers bought by the dates on which something is recommended, one row for
    all of a customer's items. Of the training date, whose recommendations are judged,
    the bounded sample of customers that the model was fitted on is enough.
#}
with

items as (

    select * from {{ ref('int_recommendable_items') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current
        or is_training

),

training_customers as (

    select * from {{ ref('segmentation_training') }}

),

final as (

    select
        ---------- ids
        seen.observation_date,
        seen.customer_id,

        ---------- numerics
        {%- for block in item_blocks() %}
        {{ item_bits(block, 'seen.is_before_date') }} as items_before_{{ block }},
        {{ item_bits(block, 'seen.is_in_window') }} as items_in_window_{{ block }},
        {{ item_bits(block, 'seen.is_in_outcome') }} as items_in_outcome_{{ block }},
        {%- endfor %}

        ---------- booleans
        coalesce(bool_or(seen.is_in_outcome), false) as is_buyer_in_outcome
    from {{ ref('int_customer_items_purchased') }} as seen
    inner join observation_dates
        on seen.observation_date = observation_dates.observation_date
    left join items
        on seen.observation_date = items.observation_date
            and seen.item_kind = items.item_kind
            and seen.item = items.item
    left join training_customers
        on seen.customer_id = training_customers.customer_id
            and observation_dates.is_training
    where observation_dates.is_current
        or training_customers.customer_id is not null
    group by seen.observation_date, seen.customer_id

)

select * from final

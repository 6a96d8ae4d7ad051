{#
    Five items for every customer, none of them bought in the trailing window. On the
    training date three recommenders are compared; today the first recommends. A rank is
    counted: one more than the better items that the customer may be recommended.
#}
{% set count = 5 %}
{% set recommenders = {
    'history_and_segment': {'ranking': 'segment', 'uses_history': true},
    'segment_affinity': {'ranking': 'segment', 'uses_history': false},
    'overall_popularity': {'ranking': 'popularity', 'uses_history': false}
} %}

with

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current
        or is_training

),

training_customers as (

    select * from {{ ref('segmentation_training') }}

),

rankings as (

    select * from {{ ref('int_item_rankings') }}

),

customers as (

    select
        assignments.observation_date,
        assignments.customer_id,
        assignments.segment_id,
        observation_dates.outcome_end_date is not null as has_outcome,
        {%- for block in item_blocks() %}
        {%- for name in ['before', 'in_window', 'in_outcome'] %}
        coalesce(bits.items_{{ name }}_{{ block }}, 0) as {{ name }}_{{ block }},
        {%- endfor %}
        {%- endfor %}
        coalesce(bits.is_buyer_in_outcome, false) as is_buyer_in_outcome
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    left join {{ ref('int_customer_item_bits') }} as bits
        on assignments.observation_date = bits.observation_date
            and assignments.customer_id = bits.customer_id
    left join training_customers
        on assignments.customer_id = training_customers.customer_id
            and observation_dates.is_training
    where observation_dates.is_current
        or training_customers.customer_id is not null

),

ranked as (

    {% for recommender, rule in recommenders.items() %}
    {%- set own = 'customers.before_{} & ~customers.in_window_{}' %}
    {%- set known = 'customers.' ~ ('before' if rule['uses_history'] else 'in_window')
        ~ '_{}' %}
    {%- set new_rank = count_items('rankings.better_items_{} & ~' ~ known) %}
    select
        customers.observation_date,
        '{{ recommender }}' as recommender,
        customers.customer_id,
        customers.segment_id,
        rankings.item_kind,
        rankings.item,
        rankings.is_favourite and rankings.ranking = 'segment' as is_favourite,
        rankings.score,
        {%- if rule['uses_history'] %}
        {{ has_item(own) }} as is_own,
        case
            when is_own then {{ count_items('rankings.better_items_{} & ' ~ own) }}
            else {{ count_items(own) }} + {{ new_rank }}
        end + 1 as recommendation_rank,
        {%- else %}
        false as is_own,
        {{ new_rank }} + 1 as recommendation_rank,
        {%- endif %}
        {{ has_item('customers.in_outcome_{}') }} as is_in_outcome,
        {%- if rule['uses_history'] %}
        not {{ has_item(known) }} or is_own as is_recommendable,
        {%- else %}
        not {{ has_item(known) }} as is_recommendable,
        {%- endif %}
        customers.is_buyer_in_outcome,
        customers.has_outcome
    from customers
    inner join rankings
        on customers.observation_date = rankings.observation_date
            and customers.segment_id = rankings.segment_id
            and rankings.ranking = '{{ rule["ranking"] }}'
    {%- if recommender != 'history_and_segment' %}
    where customers.has_outcome
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,
        segment_id,

        ---------- strings
        recommender,
        item_kind,
        item,
        case
            when is_own then 'repurchase'
            when is_favourite then 'segment_favourite'
            else 'popular'
        end as reason,

        ---------- numerics
        cast(recommendation_rank as bigint) as recommendation_rank,
        case when is_own then 1 + score else score end as score,

        ---------- booleans
        case when has_outcome then is_in_outcome end as is_in_outcome,
        case when has_outcome then is_buyer_in_outcome end as is_buyer_in_outcome
    from ranked
    where is_recommendable
        and recommendation_rank <= {{ count }}

)

select * from final

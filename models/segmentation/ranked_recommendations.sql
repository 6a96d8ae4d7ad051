{#
    Five items for every customer, none of them bought in the trailing window. On the
    training date three recommenders are compared; today the first recommends.
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

rankings as (

    select * from {{ ref('item_rankings') }}

),

item_counts as (

    select
        observation_date,
        customer_id,
        count(*) as item_count
    from {{ ref('customer_items_seen') }}
    where is_before_date
    group by observation_date, customer_id

),

customers as (

    select
        assignments.observation_date,
        assignments.customer_id,
        assignments.segment_id,
        observation_dates.outcome_end_date is not null as has_outcome,
        coalesce(item_counts.item_count, 0) as item_count
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join observation_dates
        on assignments.observation_date = observation_dates.observation_date
    left join item_counts
        on assignments.observation_date = item_counts.observation_date
            and assignments.customer_id = item_counts.customer_id

),

candidates as (

    {% for recommender, rule in recommenders.items() %}
    -- Whoever has bought n items finds five others among the first n + 5.
    select
        customers.observation_date,
        '{{ recommender }}' as recommender,
        customers.customer_id,
        customers.segment_id,
        rankings.item_kind,
        rankings.item,
        {%- if rule['ranking'] == 'popularity' %}
        'popular' as reason,
        {%- else %}
        case when rankings.is_favourite then 'segment_favourite' else 'popular' end
            as reason,
        {%- endif %}
        rankings.score
    from customers
    inner join rankings
        on customers.observation_date = rankings.observation_date
            and customers.segment_id = rankings.segment_id
            and rankings.ranking = '{{ rule["ranking"] }}'
            and rankings.item_rank <= {{ count }} + customers.item_count
    left join {{ ref('customer_items_seen') }} as seen
        on customers.observation_date = seen.observation_date
            and customers.customer_id = seen.customer_id
            and rankings.item_kind = seen.item_kind
            and rankings.item = seen.item
            and seen.{{ 'is_before_date' if rule['uses_history'] else 'is_in_window' }}
    where seen.customer_id is null
        {%- if recommender != 'history_and_segment' %}
        and customers.has_outcome
        {%- endif %}
    {%- if rule['uses_history'] %}
    union all
    select
        customers.observation_date,
        '{{ recommender }}' as recommender,
        customers.customer_id,
        customers.segment_id,
        rankings.item_kind,
        rankings.item,
        'bought_before' as reason,
        1 + rankings.score as score
    from customers
    inner join {{ ref('customer_items_seen') }} as seen
        on customers.observation_date = seen.observation_date
            and customers.customer_id = seen.customer_id
            and seen.is_before_date
            and not seen.is_in_window
    inner join rankings
        on customers.observation_date = rankings.observation_date
            and customers.segment_id = rankings.segment_id
            and rankings.ranking = '{{ rule["ranking"] }}'
            and seen.item_kind = rankings.item_kind
            and seen.item = rankings.item
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by observation_date, recommender, customer_id
            order by score desc, item_kind asc, item asc
        ) as recommendation_rank
    from candidates

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
        reason,

        ---------- numerics
        recommendation_rank,
        score
    from ranked
    where recommendation_rank <= {{ count }}

)

select * from final

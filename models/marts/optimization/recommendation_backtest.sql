with

recommendations as (

    select
        recommendations.*,
        items.item_kind,
        items.item
    from {{ ref('int_ranked_recommendations') }} as recommendations
    inner join {{ ref('int_recommendable_items') }} as items
        on recommendations.observation_date = items.observation_date
            and recommendations.recommender = items.recommender
            and recommendations.segment_id = items.segment_id
            and recommendations.item_rank = items.item_rank

),

outcomes as (

    select * from {{ ref('int_customer_item_purchases') }}
    where outcome_purchases > 0

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where outcome_end_date is not null

),

buyers as (

    select distinct
        observation_date,
        customer_id
    from outcomes

),

judged as (

    select
        recommendations.observation_date,
        recommendations.recommender,
        recommendations.customer_id,
        count(*) as recommendations,
        count(outcomes.item) as hits,
        count(buyers.customer_id) > 0 as is_buyer
    from recommendations
    inner join observation_dates
        on recommendations.observation_date = observation_dates.observation_date
    left join outcomes
        on recommendations.observation_date = outcomes.observation_date
            and recommendations.customer_id = outcomes.customer_id
            and recommendations.item_kind = outcomes.item_kind
            and recommendations.item = outcomes.item
    left join buyers
        on recommendations.observation_date = buyers.observation_date
            and recommendations.customer_id = buyers.customer_id
    group by all

),

summed as (

    select
        observation_date,
        recommender,
        count(*) as customers,
        cast(count_if(is_buyer) as bigint) as buyers,
        cast(count_if(hits > 0) as bigint) as customers_with_hit,
        cast(sum(recommendations) as bigint) as recommendations,
        cast(sum(hits) as bigint) as hits,
        cast(count_if(hits > 0) as double) / count(*) as hit_rate,
        {{ is_large_cell(
            ['count(*)'], ['count_if(is_buyer)', 'count_if(hits > 0)']
        ) }} as is_shown
    from judged
    group by observation_date, recommender

),

final as (

    select
        ---------- ids
        observation_date,

        ---------- strings
        recommender,

        ---------- numerics
        customers,
        case when is_shown then buyers end as buyers,
        case when is_shown then customers_with_hit end as customers_with_hit,
        recommendations,
        case when is_shown then hits end as hits,
        {%- for name, number in {
            'hit_rate': 'hit_rate',
            'hit_rate_low': wilson_bound('hit_rate', 'customers', -1),
            'hit_rate_high': wilson_bound('hit_rate', 'customers', 1),
            'hit_rate_among_buyers':
                'cast(customers_with_hit as double) / nullif(buyers, 0)',
            'precision_at_5': 'cast(hits as double) / recommendations'
        }.items() %}
        case when is_shown then round({{ number }}, 6) end as {{ name }},
        {%- endfor %}

        ---------- booleans
        -- Of two alike the simpler one is the better.
        row_number() over (
            partition by observation_date
            order by
                customers_with_hit desc,
                recommender = 'overall_popularity' desc
        ) = 1 as is_best
    from summed

)

select * from final

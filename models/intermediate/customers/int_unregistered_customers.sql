with

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

-- Each kind of activity is compared with the people on its own, so that only the few
-- who are not among them are put together.
final as (

    {% for activity in [
        'int_customer_order_counts',
        'int_visits_unioned',
        'int_reviews_unioned',
        'int_campaign_contacts_unioned'
    ] %}
    select activity.customer_id
    from {{ ref(activity) }} as activity
    anti join people
        on activity.customer_id = people.customer_id
    {{ 'union' if not loop.last }}
    {% endfor %}

)

select * from final

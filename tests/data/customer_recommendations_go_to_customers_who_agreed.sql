-- Against the customers' own records: where consent is required nothing is recommended
-- to somebody who did not give it.
{% set rule = valid_var('require_consent') %}

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

people as (

    select * from {{ ref('int_customers_deduplicated') }}

),

known_consents as (

    select count(has_marketing_consent) as known_consents
    from people

)

select
    recommendations.customer_id,
    people.has_marketing_consent
from recommendations
cross join known_consents
left join people
    on recommendations.customer_id = people.customer_id
where not coalesce(people.has_marketing_consent, false)
    {% if rule == 'auto' %}
    and known_consents.known_consents > 0
    {% elif not rule %}
    and false
    {% endif %}

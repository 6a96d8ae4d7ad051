{#
    The generic test finds a number over too few customers and one that the others of
    its total give away, and nothing else.
#}
{% set cells %}
    (
        select 'small_and_shown' as name, 4 as customers, 1.0 as spend, null as orders
        union all select 'small_and_shown', 9, 2.0, null
        union all select 'given_away', 4, null, null
        union all select 'given_away', 9, null, 3
        union all select 'two_hidden', 4, null, null
        union all select 'two_hidden', 5, null, null
        union all select 'two_hidden', 9, 1.0, 1
        union all select 'two_small_ones', 3, null, null
        union all select 'two_small_ones', 2, null, null
        union all select 'two_small_ones', 9, 1.0, 1
        union all select 'nobody_hidden', 0, null, null
        union all select 'nobody_hidden', 5, 1.0, 1
        union all select 'small_as_a_whole', 2, null, null
        union all select 'small_as_a_whole', 2, null, null
    )
{% endset %}

with

found as (

    {{ test_k_anonymous(cells, ['spend', 'orders'], 'customers', ['name'], minimum=5) }}

),

judged as (

    select
        count_if(key_1 = 'small_and_shown' and what_is_wrong = 'shown') as shown,
        count_if(key_1 = 'given_away' and what_is_wrong <> 'shown') as given_away,
        count(*) as found
    from found

)

select *
from judged
where shown <> 1
    or given_away <> 1
    or found <> 2

{#
    The generic test `unique_combination` finds two rows with the same values, missing
    ones included, and nothing else.
#}
{% set repeated %}
    (
        select 'repeated' as first_part, 1 as second_part
        union all select 'repeated', 1
        union all select 'repeated_with_a_missing_part', null
        union all select 'repeated_with_a_missing_part', null
        union all select 'other_second_part', 1
        union all select 'other_second_part', null
    )
{% endset %}

with

found as (

    {{ test_unique_combination(repeated, ['first_part', 'second_part']) }}

),

judged as (

    select
        count(*) filter (where first_part like 'repeated%' and row_count = 2)
            as rightly_found,
        count(*) as found
    from found

)

select *
from judged
where rightly_found <> 2
    or found <> 2

{% set numbers %}
    (
        select 'breaks_it' as case_name, 2 as number
        union all select 'breaks_both', 3
        union all select 'keeps_it', 1
        union all select 'cannot_be_said', null
    )
{% endset %}
{% set found_by_claim = test_holds(numbers, conditions={
    'at_most_one': 'number <= 1', 'at_most_two': 'number <= 2'
}) %}

with

found as (

    {{ test_holds(numbers, 'number <= 1') }}

),

found_by_claim as (

    {{ found_by_claim }}

),

judged as (

    select
        (
            select {{ dbt.listagg('case_name', "' '", 'order by case_name') }}
            from found
        ) as found_cases,
        (
            select {{ dbt.listagg(
                "case_name || ': ' || broken", "' '", 'order by case_name'
            ) }}
            from found_by_claim
        ) as broken_claims,
        '{{ broken_conditions(found_by_claim) if execute }}' as told
)

select *
from judged
where found_cases is distinct from 'breaks_both breaks_it'
    or broken_claims is distinct from
    'breaks_both: at_most_one, at_most_two breaks_it: at_most_one'
    or told is distinct from 'at_most_one (1); at_most_one, at_most_two (1)'

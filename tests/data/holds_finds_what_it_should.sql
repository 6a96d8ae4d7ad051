{#
    The generic test `holds` finds the row that breaks the condition, and neither the
    row that keeps it nor the row where it is unknown.
#}
{% set numbers %}
    (
        select 'breaks_it' as case_name, 2 as number
        union all select 'keeps_it', 1
        union all select 'cannot_be_said', null
    )
{% endset %}

with

found as (

    {{ test_holds(numbers, 'number <= 1') }}

),

judged as (

    select
        count(*) filter (where case_name = 'breaks_it') as rightly_found,
        count(*) as found
    from found

)

select *
from judged
where rightly_found <> 1
    or found <> 1

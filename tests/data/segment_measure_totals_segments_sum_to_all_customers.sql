{% set sums = [
    'customers', 'spend__count', 'satisfaction__count', 'loyalty__count',
    'lifetime_value__count', 'outcome_spend__count', 'outcome_satisfaction__count',
    'outcome_orders__count', 'outcome_retained__count', 'visitors', 'visits',
    'conversions', 'trailing_visits', 'trailing_buyers', 'trailing_spend',
    'outcome_visits', 'outcome_conversions'
] %}

with

totals as (

    select * from {{ ref('int_segment_measure_totals') }}

),

compared as (

    select
        observation_date,
        {%- for name in sums %}
        coalesce(sum({{ name }}) filter (where not is_overall), 0)
        - coalesce(sum({{ name }}) filter (where is_overall), 0) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from totals
    group by observation_date

)

select *
from compared
where
    {%- for name in sums %}
    {{ 'or ' if not loop.first }}abs({{ name }}) > 0.01
    {%- endfor %}

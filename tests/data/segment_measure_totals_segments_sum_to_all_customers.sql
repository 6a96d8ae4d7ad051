{% set sums = [
    'customers', 'trailing_visits', 'trailing_buyers', 'trailing_spend'
] %}
{% for column in columns_of_measures(['mean', 'amount', 'proportion']) %}
    {% do sums.append(column ~ '__count') %}
{% endfor %}
{% for prefix in columns_of_measures(['ratio']) %}
    {% for sum in ['visitors', 'visits', 'conversions'] %}
        {% do sums.append(prefix ~ sum) %}
    {% endfor %}
{% endfor %}
{% set sums = sums | unique | list %}

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

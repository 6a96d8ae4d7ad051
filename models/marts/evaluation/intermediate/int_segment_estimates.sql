{#
    Each measure of each segment, and of all customers (segment null), with its standard
    error and the kind of interval that fits it.

    mean         of one number per customer, on a bounded scale
    amount       mean of one skewed amount per customer
    proportion   share of customers
    ratio        converted visits among visits; the visits of one customer are alike, so
                 the standard error treats customers, not visits, as drawn
#}
{% set estimates = [] %}
{% for measure, facts in measures().items() %}
    {% for evaluation_window, column in facts.columns.items() %}
        {% do estimates.append((measure, evaluation_window, facts.interval, column)) %}
    {% endfor %}
{% endfor %}

with

totals as (

    select * from {{ ref('int_segment_measure_totals') }}

),

final as (

    {% for measure, evaluation_window, kind, column in estimates %}
    select
        ---------- ids
        observation_date,
        segmentation_name,
        segment_id,

        ---------- strings
        '{{ measure }}' as measure,
        '{{ evaluation_window }}' as evaluation_window,
        '{{ kind }}' as interval_kind,

        ---------- numerics
        customers,
        {%- if kind == 'ratio' %}
        {{ column }}visitors as customers_measured,
        {{ column }}converters as contributors,
        {{ column }}conversions / nullif({{ column }}visits, 0) as estimate,
        -- Linearised variance of a ratio of two means: Cochran (1977), Sampling
        -- Techniques, third edition, equation 2.46.
        sqrt(
            greatest(
                {{ column }}conversions_squared
                - 2 * {{ column }}conversions / nullif({{ column }}visits, 0)
                * {{ column }}visits_times_conversions
                + power({{ column }}conversions / nullif({{ column }}visits, 0), 2)
                * {{ column }}visits_squared,
                0
            ) * {{ column }}visitors / nullif({{ column }}visitors - 1, 0)
        ) / nullif({{ column }}visits, 0) as standard_error,
        {%- elif kind == 'proportion' %}
        {{ column }}__count as customers_measured,
        {{ column }}__nonzero_count as contributors,
        {{ column }}__mean as estimate,
        sqrt(
            {{ column }}__mean * (1 - {{ column }}__mean)
            / nullif({{ column }}__count, 0)
        ) as standard_error,
        {%- else %}
        {{ column }}__count as customers_measured,
        {{ column }}__nonzero_count as contributors,
        {{ column }}__mean as estimate,
        {{ column }}__deviation / sqrt(nullif({{ column }}__count, 0))
            as standard_error,
        {%- endif %}
        {%- if kind == 'amount' %}
        {{ column }}__nonzero_count as nonzero_count,
        {{ column }}__negative_count as negative_count,
        {{ column }}__skewness as skewness,
        {%- else %}
        cast(null as bigint) as nonzero_count,
        cast(null as bigint) as negative_count,
        cast(null as double) as skewness,
        {%- endif %}

        ---------- booleans
        is_overall
    from totals
    {%- if evaluation_window == 'outcome' %}
    where has_outcome
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final

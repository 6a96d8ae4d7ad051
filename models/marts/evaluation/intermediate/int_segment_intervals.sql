{# What is published of an estimate: its interval, and nothing of a small cell. #}
{# All who had bought are a total, too: lifetime value is back-tested on them. #}
{% set total = [
    'observation_date', 'segmentation_name', 'measure', 'evaluation_window',
    'is_overall', 'segment_id = ' ~ never_buyers_segment_id()
] %}

with

shown as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers_measured'],
            contributors=['contributors'],
            total=total,
            ties='segment_id',
            is_published='(is_overall or segment_id is not null)'
        ) }} as is_shown
    from {{ ref('int_segment_estimates') }}

),

estimates as (

    select
        *,
        {{ tells_of_few(
            ['customers_measured'], ['contributors'], 'is_shown', total
        ) }} as tells_of_few
    from shown

),

compared as (

    select
        estimates.observation_date,
        estimates.segmentation_name,
        estimates.segment_id,
        estimates.measure,
        estimates.evaluation_window,
        estimates.interval_kind,
        estimates.customers,
        estimates.customers_measured,
        estimates.estimate,
        estimates.standard_error,
        estimates.nonzero_count,
        estimates.negative_count,
        estimates.skewness,
        -- As many independent visits as would have the same standard error.
        coalesce(
            estimates.estimate * (1 - estimates.estimate)
            / nullif(estimates.standard_error * estimates.standard_error, 0),
            estimates.customers_measured
        ) as trials,
        estimates.is_shown,
        case
            when overall.is_shown and not bool_or(estimates.tells_of_few) over total
                then overall.estimate
        end as overall_estimate
    from estimates
    inner join estimates as overall
        on estimates.observation_date = overall.observation_date
            and estimates.segmentation_name = overall.segmentation_name
            and estimates.measure = overall.measure
            and estimates.evaluation_window = overall.evaluation_window
            and overall.is_overall
    where not estimates.is_overall
    window total as (
        partition by
            estimates.observation_date, estimates.segmentation_name,
            estimates.measure, estimates.evaluation_window
    )

),

bounded as (

    select
        *,
        {%- for name, side in [('low', -1), ('high', 1)] %}
        case interval_kind
            when 'amount'
                then {{ amount_bound(
                    skewed_bound(
                        'estimate', 'standard_error', 'skewness', 'customers_measured',
                        side
                    ),
                    'nonzero_count',
                    'negative_count'
                ) }}
            when 'mean'
                then {{ on_scale_of_measure(
                    '(' ~ normal_bound('estimate', 'standard_error', side) ~ ')'
                ) }}
            else {{ wilson_bound('estimate', 'nullif(trials, 0)', side) }}
        end as ci_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from compared

),

final as (

    select
        ---------- ids
        observation_date,
        segmentation_name,
        segment_id,

        ---------- strings
        measure,
        evaluation_window,

        ---------- numerics
        customers,
        customers_measured,
        {%- for column in ['estimate', 'standard_error', 'ci_low', 'ci_high'] %}
        case when is_shown then round({{ column }}, 6) end as {{ column }},
        {%- endfor %}
        round(overall_estimate, 6) as overall_estimate,
        case
            when is_shown then round(estimate / nullif(overall_estimate, 0), 6)
        end as index_to_overall,

        ---------- booleans
        is_shown
        and {{ is_reliable_interval(
            'customers_measured', 'nonzero_count', 'ci_low', 'ci_high'
        ) }} as is_reliable
    from bounded

)

select * from final

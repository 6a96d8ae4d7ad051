{#
    When the next order of a customer was due at their last one. A rate with a gamma
    distribution makes the time to the next order a Pareto distribution of the second
    kind: it is longer than t with the probability (weeks / (weeks + t)) ^ shape.
#}
{% set confidence_level = valid_var('confidence_level') %}
{% set shares = {
    'earliest': (1 - confidence_level) / 2,
    'median': 0.5,
    'latest': (1 + confidence_level) / 2
} %}
{# A date further ahead than var lifetime_horizon_days may look is none. #}
{% set maximum_days = 3650 %}

with

purchase_rates as (

    select * from {{ ref('int_customer_purchase_rates') }}
    where prediction_method <> 'baseline'

),

waits as (

    select
        observation_date,
        customer_id,
        last_purchase_on,
        {%- for name, share in shares.items() %}
        ceil(
            7 * (rate_weeks - age_weeks + recency_weeks)
            * (power({{ (1 - share) | round(6) }}, -1 / rate_shape) - 1)
        ) as {{ name }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from purchase_rates

),

due as (

    select
        observation_date,
        customer_id,
        {%- for name in shares %}
        case
            when {{ name }}_days <= {{ maximum_days }}
                then cast(
                    {{ dbt.dateadd(
                        'day', 'cast(' ~ name ~ '_days as int)', 'last_purchase_on'
                    ) }} as date
                )
        end as {{ name }}_date{{ ',' if not loop.last }}
        {%- endfor %}
    from waits

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        cast(
            greatest({{ dbt.datediff('median_date', 'observation_date', 'day') }}, 0)
            as bigint
        ) as days_overdue,

        ---------- dates
        median_date as next_order_date,
        earliest_date as next_order_earliest_date,
        latest_date as next_order_latest_date
    from due

)

select * from final

with

fitted as (

    select * from {{ ref('int_lifetime_value_fit') }}

),

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

parameters as (

    select
        {%- for model, names in {
            'bg_nbd': ['r', 'alpha', 'a', 'b'],
            'nbd': ['r', 'alpha'],
            'gamma_gamma': ['p', 'q', 'gamma']
        }.items() %}
        {%- for name in names %}
        max(number_value) filter (
            where model = '{{ model }}' and parameter = '{{ name }}'
        ) as {{ model }}_{{ name }},
        {%- endfor %}
        max(text_value) filter (where model = '{{ model }}' and parameter = 'reason')
            as {{ model }}_reason,
        {%- endfor %}
        observation_date
    from fitted
    group by observation_date

),

-- Where BG/NBD ends at its edge, NBD is its limit: nobody leaves.
chosen as (

    select
        *,
        case
            when gamma_gamma_reason <> 'converged' then 'baseline'
            when bg_nbd_reason = 'converged' then 'bg_nbd_gamma_gamma'
            when nbd_reason = 'converged' then 'nbd_gamma_gamma'
            else 'baseline'
        end as prediction_method
    from parameters

),

-- Gamma-Gamma knows only days with a spend above zero, and nothing of returns. Days
-- whose spend is unknown are neither paid nor free.
shares as (

    select
        observation_date,
        cast(sum(paid_repeat_days) as double) / nullif(sum(priced_repeat_days), 0)
            as paid_share,
        greatest(
            1 - cast(sum(returned_amount) as double)
            / nullif(cast(sum(gross_spend) as double), 0),
            0
        ) as kept_share
    from repeat_purchases
    group by observation_date

),

final as (

    select
        ---------- strings
        chosen.prediction_method,
        case
            when chosen.bg_nbd_reason = 'too_few_repeat_buyers'
                then 'bg_nbd_too_few_repeat_buyers'
            when chosen.bg_nbd_reason <> 'converged'
                and chosen.nbd_reason <> 'converged'
                then 'nbd_' || chosen.nbd_reason
            when chosen.gamma_gamma_reason <> 'converged'
                then 'gamma_gamma_' || chosen.gamma_gamma_reason
            when chosen.bg_nbd_reason <> 'converged'
                then 'bg_nbd_' || chosen.bg_nbd_reason
            else 'converged'
        end as prediction_reason,

        ---------- numerics
        {%- for name in ['r', 'alpha'] %}
        case chosen.prediction_method
            when 'bg_nbd_gamma_gamma' then chosen.bg_nbd_{{ name }}
            when 'nbd_gamma_gamma' then chosen.nbd_{{ name }}
        end as {{ name }},
        {%- endfor %}
        {%- for name in ['a', 'b'] %}
        case
            when chosen.prediction_method = 'bg_nbd_gamma_gamma'
                then chosen.bg_nbd_{{ name }}
        end as {{ name }},
        {%- endfor %}
        {%- for name in ['p', 'q', 'gamma'] %}
        case
            when chosen.prediction_method <> 'baseline'
                then chosen.gamma_gamma_{{ name }}
        end as {{ name }},
        {%- endfor %}
        shares.paid_share * shares.kept_share as net_spend_share,

        ---------- dates
        chosen.observation_date
    from chosen
    inner join shares
        on chosen.observation_date = shares.observation_date

)

select * from final

with

fitted as (

    select * from {{ ref('int_lifetime_value_fit') }}

),

repeat_purchases as (

    select * from {{ ref('int_customer_repeat_purchases') }}

),

orders as (

    select * from {{ ref('int_customer_orders') }}

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
        bg_nbd_reason <> 'converged' as is_nbd,
        case
            when bg_nbd_reason = 'converged' then 'bg_nbd'
            when nbd_reason = 'converged' then 'nbd'
        end as purchase_model
    from parameters

),

-- Gamma-Gamma knows only days with a spend above zero, and nothing of returns. Days
-- whose spend is unknown are neither paid nor free.
paid_shares as (

    select
        observation_date,
        cast(sum(paid_repeat_days) as double) / nullif(sum(priced_repeat_days), 0)
            as paid_share
    from repeat_purchases
    group by observation_date

),

kept_shares as (

    select
        observation_date,
        greatest(
            1 - cast(sum(returned_amount) as double)
            / nullif(cast(sum(gross_spend) as double), 0),
            0
        ) as kept_share
    from orders
    group by observation_date

),

final as (

    select
        ---------- strings
        case
            when chosen.purchase_model is null
                or chosen.gamma_gamma_reason <> 'converged' then 'baseline'
            else chosen.purchase_model || '_gamma_gamma'
        end as prediction_method,
        case
            when chosen.bg_nbd_reason = 'too_few_repeat_buyers'
                then 'bg_nbd_too_few_repeat_buyers'
            when chosen.purchase_model is null then 'nbd_' || chosen.nbd_reason
            when chosen.gamma_gamma_reason <> 'converged'
                then 'gamma_gamma_' || chosen.gamma_gamma_reason
            when chosen.is_nbd then 'bg_nbd_' || chosen.bg_nbd_reason
            else 'converged'
        end as prediction_reason,

        ---------- numerics
        if(chosen.is_nbd, chosen.nbd_r, chosen.bg_nbd_r) as r,
        if(chosen.is_nbd, chosen.nbd_alpha, chosen.bg_nbd_alpha) as alpha,
        if(chosen.is_nbd, null, chosen.bg_nbd_a) as a,
        if(chosen.is_nbd, null, chosen.bg_nbd_b) as b,
        chosen.gamma_gamma_p as p,
        chosen.gamma_gamma_q as q,
        chosen.gamma_gamma_gamma as gamma,
        paid_shares.paid_share * kept_shares.kept_share as net_spend_share,

        ---------- dates
        chosen.observation_date
    from chosen
    inner join paid_shares
        on chosen.observation_date = paid_shares.observation_date
    inner join kept_shares
        on chosen.observation_date = kept_shares.observation_date

)

select * from final

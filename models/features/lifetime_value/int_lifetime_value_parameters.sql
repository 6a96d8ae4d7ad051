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
        observation_date,
        {%- for parameter in ['r', 'alpha', 'a', 'b', 'p', 'q', 'gamma'] %}
        max(number_value) filter (where parameter = '{{ parameter }}')
            as {{ parameter }},
        {%- endfor %}
        {%- for model in ['bg_nbd', 'gamma_gamma'] %}
        max(text_value) filter (where model = '{{ model }}' and parameter = 'reason')
            as {{ model }}_reason,
        {%- endfor %}
        min(number_value) filter (where parameter = 'is_converged') = 1 as is_converged
    from fitted
    group by observation_date

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
            when parameters.bg_nbd_reason <> 'converged'
                then 'bg_nbd_' || parameters.bg_nbd_reason
            when parameters.gamma_gamma_reason <> 'converged'
                then 'gamma_gamma_' || parameters.gamma_gamma_reason
            else 'converged'
        end as reason,

        ---------- numerics
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        parameters.p,
        parameters.q,
        parameters.gamma,
        paid_shares.paid_share * kept_shares.kept_share as net_spend_share,

        ---------- booleans
        parameters.is_converged,

        ---------- dates
        parameters.observation_date
    from parameters
    inner join paid_shares
        on parameters.observation_date = paid_shares.observation_date
    inner join kept_shares
        on parameters.observation_date = kept_shares.observation_date

)

select * from final

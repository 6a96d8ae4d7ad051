with

fitted as (

    select * from {{ ref('int_lifetime_value_fit') }}

),

parameters as (

    select * from {{ ref('int_lifetime_value_parameters') }}

),

final as (

    select
        ---------- ids
        fitted.observation_date,

        ---------- strings
        fitted.model,
        max(fitted.text_value) filter (where fitted.parameter = 'reason') as reason,

        ---------- numerics
        {%- for parameter in ['r', 'alpha', 'a', 'b', 'p', 'q', 'gamma'] %}
        round(
            max(fitted.number_value) filter (
                where fitted.parameter = '{{ parameter }}'
            ),
            6
        ) as {{ parameter }},
        {%- endfor %}
        round(max(parameters.net_spend_share), 6) as net_spend_share,
        round(
            max(fitted.number_value) filter (
                where fitted.parameter = 'log_likelihood'
            ),
            6
        ) as log_likelihood,
        {%- for count_name in ['customers', 'repeat_buyers'] %}
        cast(
            max(fitted.number_value) filter (
                where fitted.parameter = '{{ count_name }}'
            ) as bigint
        ) as {{ count_name }},
        {%- endfor %}

        ---------- booleans
        max(fitted.number_value) filter (where fitted.parameter = 'is_converged') = 1
            as is_converged,
        bool_or(
            parameters.prediction_method = fitted.model || '_gamma_gamma'
            or (
                fitted.model = 'gamma_gamma'
                and parameters.prediction_method <> 'baseline'
            )
        ) as is_used
    from fitted
    inner join parameters
        on fitted.observation_date = parameters.observation_date
    group by fitted.observation_date, fitted.model

)

select * from final

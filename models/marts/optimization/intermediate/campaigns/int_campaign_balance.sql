{# What the arms of each campaign were like before its first contact. #}
{% set arms = ['treated', 'control'] %}

with

campaign_customers as (

    select
        campaign_id,
        segment_id,
        {%- for arm in arms %}
        case when arm = '{{ arm }}' then customer_id end as {{ arm }},
        case when arm = '{{ arm }}' then cast(spend_before as double) end
            as {{ arm }}_before{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_campaign_customers') }}
    where is_in_experiment

),

totals as (

    select
        campaign_id,
        segment_id,
        {%- for arm in arms %}
        count({{ arm }}) as {{ arm }}_customers,
        round(avg({{ arm }}_before), 9) as {{ arm }}_mean,
        round(stddev_samp({{ arm }}_before), 6) as {{ arm }}_deviation,
        {%- endfor %}
        grouping(segment_id) = 1 as is_overall
    from campaign_customers
    group by campaign_id, rollup(segment_id)

),

sized as (

    select
        *,
        max(treated_customers) over campaigns as campaign_treated,
        max(control_customers) over campaigns as campaign_control
    from totals
    window campaigns as (partition by campaign_id)

),

final as (

    select
        ---------- ids
        campaign_id,
        segment_id,

        ---------- numerics
        {%- for arm in arms %}
        {{ arm }}_customers,
        {{ arm }}_mean,
        {{ arm }}_deviation,
        {%- endfor %}

        ---------- booleans
        is_overall
    from sized
    where least(campaign_treated, campaign_control) >= {{ var('minimum_cell_size') }}

)

select * from final

{# What the arms of each campaign were like before its first contact. #}
{% set arms = ['treated', 'control'] %}

with

-- Spend is skewed: ranks, equal ones for equal spend, show what its means would not.
ranked as (

    select
        campaign_id,
        segment_id,
        arm,
        cast(spend_before as double) as spend_before,
        holdout_share,
        case
            when spend_before is not null
                then rank() over (
                    partition by campaign_id order by spend_before nulls last
                ) + cast(
                    count(*) over (partition by campaign_id, spend_before) - 1 as double
                ) / 2
        end as spend_rank
    from {{ ref('int_campaign_customers') }}
    where is_in_experiment

),

totals as (

    select
        campaign_id,
        segment_id,
        {%- for arm in arms %}
        count_if(arm = '{{ arm }}') as {{ arm }}_customers,
        {%- for column in ['spend_before', 'spend_rank'] %}
        {%- set value = "case when arm = '" ~ arm ~ "' then " ~ column ~ ' end' %}
        round({{ exact_mean(value) }}, 9)
            as {{ arm }}_{{ column }}_mean,
        round(stddev_samp({{ column }}) filter (where arm = '{{ arm }}'), 6)
            as {{ arm }}_{{ column }}_deviation,
        {%- endfor %}
        {%- endfor %}
        round({{ exact_mean('holdout_share') }}, 9) as holdout_share,
        grouping(segment_id) = 1 as is_overall
    from ranked
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
        {%- for column in ['spend_before', 'spend_rank'] %}
        {{ arm }}_{{ column }}_mean,
        {{ arm }}_{{ column }}_deviation,
        {%- endfor %}
        {%- endfor %}
        holdout_share,

        ---------- booleans
        is_overall
    from sized
    where least(campaign_treated, campaign_control) >= {{ var('minimum_cell_size') }}

)

select * from final

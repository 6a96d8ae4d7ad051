{# What the arms of each campaign did, by the segment before the contact. #}
{% set arms = ['treated', 'control'] %}
{% set moments = ['customers', 'mean', 'deviation', 'skewness', 'before_mean',
                  'before_deviation', 'before_buyers', 'covariance'] %}
{% set sizes = ['treated_customers', 'control_customers'] %}
{% set buyers = ['treated_buyers', 'control_buyers'] %}

with

-- One row per customer and outcome.
measured as (

    {% for outcome in ['conversion', 'spend'] %}
    select
        campaign_id,
        segment_id,
        '{{ outcome }}' as outcome,
        arm,
        cost,
        {%- for arm in arms %}
        case when arm = '{{ arm }}' then cast({{ outcome }} as double) end as {{ arm }},
        case when arm = '{{ arm }}' and {{ outcome }} is not null
            then cast(spend_before as double) end as {{ arm }}_before,
        {%- endfor %}
        is_window_over,
        contacted_at
    from {{ ref('int_campaign_customers') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

totals as (

    select
        campaign_id,
        segment_id,
        outcome,
        count(*) as customers,
        count(*) filter (where segment_id is null) as customers_without_segment,
        cast(avg(cost) filter (where arm = 'treated') as decimal(18, 4))
            as cost_per_customer,
        {%- for arm in arms %}
        count_if(arm = '{{ arm }}') as {{ arm }}_contacts,
        count({{ arm }}) as {{ arm }}_customers,
        count(nullif({{ arm }}, 0)) as {{ arm }}_buyers,
        round({{ exact_mean(arm) }}, 9) as {{ arm }}_mean,
        round(stddev_samp({{ arm }}), 6) as {{ arm }}_deviation,
        -- Values that are all the same have no skewness.
        if(min({{ arm }}) < max({{ arm }}), round({{ sample_skewness(arm) }}, 6), null)
            as {{ arm }}_skewness,
        count(nullif({{ arm }}_before, 0)) as {{ arm }}_before_buyers,
        round({{ exact_mean(arm ~ '_before') }}, 9) as {{ arm }}_before_mean,
        round(stddev_samp({{ arm }}_before), 6) as {{ arm }}_before_deviation,
        round(covar_samp({{ arm }}, {{ arm }}_before), 6) as {{ arm }}_covariance,
        {%- endfor %}
        grouping(segment_id) = 1 as is_overall,
        bool_or(is_window_over) as is_window_over,
        cast(min(contacted_at) as date) as first_contacted_on,
        cast(max(contacted_at) as date) as last_contacted_on
    from measured
    group by campaign_id, outcome, rollup(segment_id)

),

judged as (

    select
        *,
        max(treated_contacts) over outcomes as campaign_treated,
        max(control_contacts) over outcomes as campaign_control,
        bool_or(is_window_over) over outcomes as campaign_is_over,
        max(treated_customers + control_customers) over outcomes as campaign_measured,
        {{ is_large_cell(sizes, buyers) }} as is_large,
        -- Who had no segment before the contact is in the overall row only.
        {{ is_shown_cell(
            customers=sizes,
            contributors=buyers,
            total=['campaign_id', 'outcome', 'is_overall'],
            ties='segment_id',
            is_published='(is_overall or segment_id is not null)'
        ) }} as is_shown
    from totals
    window outcomes as (partition by campaign_id, outcome)

),

final as (

    select
        ---------- ids
        campaign_id,
        segment_id,

        ---------- strings
        outcome,
        case
            when campaign_treated + campaign_control = 0 then 'is_control_not_recorded'
            when campaign_control = 0 then 'no_control_group'
            when campaign_treated = 0 then 'no_treated_customers'
            when not campaign_is_over then 'window_not_over'
            when campaign_measured = 0 then 'outcome_not_recorded'
            when least(treated_customers, control_customers)
                < {{ var('minimum_cell_size') }} then 'too_few_customers'
            when not is_large then 'too_few_buyers'
            when not is_shown then 'tells_another_segment'
        end as estimate_missing_reason,

        ---------- numerics
        customers,
        customers_without_segment,
        cost_per_customer,
        {%- for arm in arms %}
        {%- for column in moments %}
        {{ arm }}_{{ column }},
        {%- endfor %}
        {%- endfor %}

        ---------- booleans
        is_overall,
        least(treated_customers, control_customers)
            >= {{ var('minimum_reliable_customers') }} as is_large_enough,

        ---------- dates
        first_contacted_on,
        last_contacted_on
    from judged
    where is_overall or segment_id is not null

)

select * from final

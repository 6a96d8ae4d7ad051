{#
    The arms of each campaign by the segment that its customers were in before the
    contact. The segment after it is a result of the treatment: customers who were won
    back have left the segment, and the campaign had no effect on those who stay.
#}
{% set arms = ['treated', 'control'] %}
{% set outcomes = ['conversion', 'spend'] %}

with

campaign_customers as (

    select * from {{ ref('int_campaign_customers') }}

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}

),

observation_periods as (

    select
        observation_date,
        lead(observation_date) over (order by observation_date)
            as next_observation_date
    from {{ ref('int_observation_dates') }}

),

segmented as (

    select
        campaign_customers.campaign_id,
        campaign_customers.customer_id,
        assignments.segment_id,
        campaign_customers.arm,
        campaign_customers.cost,
        {%- for outcome in outcomes %}
        {%- for arm in arms %}
        case
            when campaign_customers.arm = '{{ arm }}'
                then cast(campaign_customers.{{ outcome }} as double)
        end as {{ outcome }}__{{ arm }},
        {%- endfor %}
        {%- endfor %}
        campaign_customers.is_window_over,
        campaign_customers.contacted_at
    from campaign_customers
    left join observation_periods
        on campaign_customers.contacted_at >= observation_periods.observation_date
            and campaign_customers.contacted_at < coalesce(
                observation_periods.next_observation_date, cast('9999-12-31' as date)
            )
    left join assignments
        on observation_periods.observation_date = assignments.observation_date
            and campaign_customers.customer_id = assignments.customer_id

),

totals as (

    select
        campaign_id,
        segment_id,
        count(*) as customers,
        {%- for arm in arms %}
        count_if(arm = '{{ arm }}') as {{ arm }}_contacts,
        {%- endfor %}
        count(*) filter (where segment_id is null) as customers_without_segment,
        cast(avg(cost) filter (where arm = 'treated') as decimal(18, 4))
            as cost_per_customer,
        {%- for outcome in outcomes %}
        {%- for arm in arms %}
        {%- set column = outcome ~ '__' ~ arm %}
        count({{ column }}) as {{ column }}_customers,
        round(avg({{ column }}), 9) as {{ column }}_mean,
        round(stddev_samp({{ column }}), 6) as {{ column }}_deviation,
        -- Values that are all the same have no skewness.
        case
            when min({{ column }}) < max({{ column }})
                then round({{ sample_skewness(column) }}, 6)
        end as {{ column }}_skewness,
        {%- endfor %}
        {%- endfor %}
        grouping(segment_id) = 1 as is_overall,
        bool_or(is_window_over) as is_window_over,
        cast(min(contacted_at) as date) as first_contacted_on,
        cast(max(contacted_at) as date) as last_contacted_on
    from segmented
    group by campaign_id, rollup(segment_id)

),

by_outcome as (

    {% for outcome in outcomes %}
    select
        campaign_id,
        segment_id,
        '{{ outcome }}' as outcome,
        customers,
        treated_contacts,
        control_contacts,
        customers_without_segment,
        cost_per_customer,
        {%- for arm in arms %}
        {%- for column in ['customers', 'mean', 'deviation', 'skewness'] %}
        {{ outcome }}__{{ arm }}_{{ column }} as {{ arm }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        is_overall,
        is_window_over,
        first_contacted_on,
        last_contacted_on
    from totals
    -- Customers who had no segment before the contact are in the overall row only.
    where is_overall or segment_id is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

judged as (

    select
        *,
        max(treated_contacts + control_contacts) over campaigns as campaign_arms,
        max(treated_contacts) over campaigns as campaign_treated,
        max(control_contacts) over campaigns as campaign_control,
        bool_or(is_window_over) over campaigns as campaign_is_over,
        max(treated_customers + control_customers) over outcomes as campaign_measured
    from by_outcome
    window
        campaigns as (partition by campaign_id),
        outcomes as (partition by campaign_id, outcome)

),

final as (

    select
        ---------- ids
        campaign_id,
        segment_id,

        ---------- strings
        outcome,
        case
            when campaign_arms = 0 then 'is_control_not_recorded'
            when campaign_control = 0 then 'no_control_group'
            when campaign_treated = 0 then 'no_treated_customers'
            when not campaign_is_over then 'window_not_over'
            when campaign_measured = 0 then 'outcome_not_recorded'
            when least(treated_customers, control_customers)
                < {{ var('minimum_cell_size') }}
                then 'too_few_customers'
        end as estimate_missing_reason,

        ---------- numerics
        customers,
        customers_without_segment,
        cost_per_customer,
        {%- for arm in arms %}
        {%- for column in ['customers', 'mean', 'deviation', 'skewness'] %}
        {{ arm }}_{{ column }},
        {%- endfor %}
        {%- endfor %}

        ---------- booleans
        is_overall,

        ---------- dates
        first_contacted_on,
        last_contacted_on
    from judged

)

select * from final

-- depends_on: {{ ref('int_input_gate') }}
{% set window_days = valid_var('outcome_window_days') %}
{% set last_activity -%}
    max(last_record_on) filter (where {{ is_activity() }})
{%- endset %}

with

record_counts as (

    select * from {{ ref('int_staged_record_counts') }}

),

-- The date follows what customers did: orders, or the items that stand for them,
-- visits, reviews and contacts. Registrations and summaries decide only without these.
history as (

    select
        min(first_record_on) filter (where entity <> 'customers') as first_activity_on,
        {%- if var('as_of_date') %}
        cast('{{ var("as_of_date") }}' as date) as current_observation
        {%- else %}
        coalesce(
            cast({{ dbt.dateadd('day', 1, last_activity) }} as date),
            cast({{ dbt.dateadd('day', 1, 'max(last_record_on)') }} as date),
            cast('{{ run_started_at.date() }}' as date)
        ) as current_observation
        {%- endif %}
    from record_counts

),

steps as (

    {% for step in range(valid_var('observation_count')) %}
    select {{ step }} as step
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

candidates as (

    select
        steps.step,
        history.first_activity_on,
        history.current_observation,
        cast(
            {{ dbt.dateadd(
                'day', '-' ~ window_days ~ ' * steps.step', 'history.current_observation'
            ) }} as date
        ) as observation_date
    from history
    cross join steps

),

kept as (

    select * from candidates
    where step = 0
        or {{ dbt.datediff('first_activity_on', 'observation_date', 'day') }}
            >= {{ var('minimum_history_days') }}

),

final as (

    select
        ---------- numerics
        step as observation_step,

        ---------- booleans
        step = 0 as is_current,
        step = least(1, max(step) over ()) as is_training,

        ---------- dates
        observation_date,
        cast(
            {{ dbt.dateadd('day', -window_days, 'observation_date') }} as date
        ) as trailing_start_date,
        case
            when step > 0
                then cast(
                    {{ dbt.dateadd('day', window_days, 'observation_date') }} as date
                )
        end as outcome_end_date
    from kept

)

select * from final

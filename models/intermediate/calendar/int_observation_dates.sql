-- depends_on: {{ ref('int_input_gate') }}
{% set window_days = valid_var('outcome_window_days') %}
{% set anchor = "cast('" ~ valid_var('observation_anchor') ~ "' as date)" %}
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

-- Whole windows from the anchor to the first date of the grid that is not before the
-- current one; of an anchor that lies ahead, fewer than none.
grid as (

    select
        *,
        cast(
            ceil(
                {{ dbt.datediff(anchor, 'current_observation', 'day') }}
                / cast({{ window_days }} as double)
            ) as int
        ) as windows
    from history

),

candidates as (

    select
        steps.step,
        grid.first_activity_on,
        grid.current_observation,
        case steps.step
            when 0 then grid.current_observation
            else cast(
                {{ dbt.dateadd(
                    'day', window_days ~ ' * (grid.windows - steps.step)', anchor
                ) }} as date
            )
        end as observation_date
    from grid
    cross join steps

),

kept as (

    select
        *,
        case
            when {{ dbt.datediff('observation_date', 'current_observation', 'day') }}
                >= {{ window_days }}
                then cast(
                    {{ dbt.dateadd('day', window_days, 'observation_date') }} as date
                )
        end as outcome_end_date
    from candidates
    where step = 0
        or {{ dbt.datediff('first_activity_on', 'observation_date', 'day') }}
            >= {{ var('minimum_history_days') }}

),

final as (

    select
        ---------- booleans
        step = 0 as is_current,
        step = coalesce(
            min(case when outcome_end_date is not null then step end) over (), 0
        ) as is_training,

        ---------- dates
        observation_date,
        cast(
            {{ dbt.dateadd('day', -window_days, 'observation_date') }} as date
        ) as trailing_start_date,
        outcome_end_date,
        max(observation_date) over (
            order by observation_date asc range between unbounded preceding
            and interval '{{ window_days }}' day preceding
        ) as previous_date
    from kept

)

select * from final

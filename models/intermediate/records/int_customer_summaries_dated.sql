with

summaries as (

    select * from {{ ref('int_customer_summaries_unioned') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}

),

-- A summary without a date, or of a day after the last activity, is as of now. Of
-- several, the latest holds.
ranked as (

    select
        observation_dates.observation_date,
        summaries.*,
        row_number() over (
            partition by observation_dates.observation_date, summaries.customer_id
            order by
                summaries.observed_on desc nulls last,
                summaries.source_system asc,
                -- Records of merged people may share a date; the larger is the fuller.
                summaries.total_purchase desc nulls last,
                summaries.total_order desc nulls last,
                summaries.total_visit desc nulls last,
                summaries.satisfaction desc nulls last,
                summaries.loyalty desc nulls last,
                summaries.conversion_rate desc nulls last,
                summaries.lifetime_value desc nulls last,
                summaries.recency_days asc nulls last
        ) as summary_rank
    from summaries
    inner join observation_dates
        on {{ is_known_by('summaries.observed_on') }}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        total_purchase as total_spend,
        cast(total_order as bigint) as order_count,
        cast(total_visit as bigint) as visit_count,
        satisfaction,
        loyalty,
        conversion_rate,
        lifetime_value,
        -- The days since the last order have gone on since the summary.
        recency_days + greatest(coalesce(
            {{ dbt.datediff('observed_on', 'observation_date', 'day') }}, 0
        ), 0) as recency_days
    from ranked
    where summary_rank = 1

)

select * from final

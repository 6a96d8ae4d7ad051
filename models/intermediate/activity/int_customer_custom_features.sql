{% set features = valid_var('custom_features') %}
{% set ids = [ref('int_customers'), ref('int_customer_id_changes')] %}
{{ config(enabled=(features | length > 0)) }}
{% if execute and flags.WHICH in ['build', 'run'] %}
    {% do refuse(problem_with_custom_relation(ids)) %}
{% endif %}

with

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}

),

observation_dates as (

    select observation_date from {{ ref('int_observation_dates') }}

),

recorded as (

    select
        {{ custom_customer_id() }} as recorded_customer_id,
        {{ parse_value('timestamp', 'valid_from') }} as valid_from,
        {%- for feature in features %}
        {{ feature['name'] }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation_in_var('segmentation_custom_features') }}

),

-- A row that is valid from the observation date on was not known before it. Of two rows
-- of one moment the values decide, so that the order of the rows does not.
ranked as (

    select
        observation_dates.observation_date,
        coalesce(changed_ids.surviving_customer_id, recorded.recorded_customer_id)
            as customer_id,
        {%- for feature in features %}
        recorded.{{ feature['name'] }},
        {%- endfor %}
        row_number() over (
            partition by
                observation_dates.observation_date,
                coalesce(
                    changed_ids.surviving_customer_id, recorded.recorded_customer_id
                )
            order by
                recorded.valid_from desc,
                {%- for feature in features %}
                cast(recorded.{{ feature['name'] }} as string) nulls last,
                {%- endfor %}
                recorded.recorded_customer_id
        ) as place
    from recorded
    inner join observation_dates
        on recorded.valid_from < observation_dates.observation_date
    left join changed_ids
        on recorded.recorded_customer_id = changed_ids.customer_id
    where {{ is_record_of_customer('recorded.valid_from') }}

),

final as (

    select
        ---------- ids
        observation_date,
        customer_id,

        ---------- numerics
        {%- for column, value in custom_feature_columns().items() %}
        {{ value }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked
    where place = 1

)

select * from final

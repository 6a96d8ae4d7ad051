with

training as (

    select * from {{ ref('segmentation_training') }}

),

{% for feature in candidate_features() %}
{{ feature }}_statistics as (

    select
        '{{ feature }}' as feature_name,
        {{ loop.index }} as candidate_number,
        max(observation_date) as observation_date,
        count(*) as training_rows,
        count({{ feature }}) as known_rows,
        count(distinct {{ feature }}) as distinct_values,
        avg({{ feature }}) as mean_value,
        stddev_pop({{ feature }}) as standard_deviation,
        min({{ feature }}) as minimum_value,
        {{ quartiles(feature) }} as quartiles,
        max({{ feature }}) as maximum_value
    from training

),

{% endfor %}
unioned as (

    {% for feature in candidate_features() %}
    select * from {{ feature }}_statistics
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- strings
        feature_name,

        ---------- numerics
        candidate_number,
        training_rows,
        known_rows,
        1 - known_rows / nullif(cast(training_rows as double), 0) as missing_share,
        distinct_values,
        round(mean_value, 6) as mean_value,
        round(standard_deviation, 6) as standard_deviation,
        power(round(standard_deviation, 6), 2) as variance,
        minimum_value,
        {%- for name in ['quantile_25', 'median_value', 'quantile_75'] %}
        {{ quartile('quartiles', loop.index) }} as {{ name }},
        {%- endfor %}
        maximum_value,

        ---------- dates
        observation_date
    from unioned

)

select * from final

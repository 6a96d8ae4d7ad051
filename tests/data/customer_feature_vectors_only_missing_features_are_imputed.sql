{% set features = scored_features() %}

with

missing as (

    select
        observation_date,
        {%- for feature in features %}
        count(*) - count({{ feature }}) as {{ feature }}_missing
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_features') }}
    where not is_never_buyer
    group by observation_date

),

imputed as (

    select
        observation_date,
        {%- for feature in features %}
        count(*) filter (where {{ feature }}_is_imputed) as {{ feature }}_imputed
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_feature_vectors') }}
    group by observation_date

)

select *
from missing
inner join imputed using (observation_date)
where
    {%- for feature in features %}
    {{ 'or ' if not loop.first }}{{ feature }}_missing <> {{ feature }}_imputed
    {%- endfor %}

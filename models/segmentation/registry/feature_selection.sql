{% set candidates = candidate_features() %}
{% set time_driven = time_driven_features() %}
{% set always_known = always_known_features() %}
{% set missing_limit = var('maximum_missing_share') %}
{% set configured = [] %}
{% for feature in var('segmentation_features') %}
    {% do configured.append(feature['name']) %}
{% endfor %}
{# With which of the configured features before it each candidate is compared. #}
{% set pairs = [] %}
{% for feature in candidates %}
    {% for other in configured if other != feature and (
        feature not in configured
        or configured.index(other) < configured.index(feature)
    ) %}
        {% do pairs.append([feature, other]) %}
    {% endfor %}
{% endfor %}

with

feature_statistics as (

    select * from {{ ref('int_feature_statistics') }}

),

training as (

    select * from {{ ref('segmentation_training') }}

),

-- Where segments say what a campaign brought, they are not made of responses.
measured_campaigns as (

    select campaign_id from {{ ref('int_campaign_contacts_unioned') }}
    where is_control
    union all
    select campaign_id from {{ ref('holdout_campaigns') }}

),

-- In the order of the list; a feature that is not on it is a candidate after those.
candidates as (

    {% for feature in candidates %}
    select
        '{{ feature }}' as feature_name,
        {{ (feature in time_driven) | lower }} as is_time_driven,
        {{ (feature in always_known) | lower }} as is_always_known,
        {%- if feature in configured %}
        {{ configured.index(feature) + 1 }} as configured_number
        {%- else %}
        cast(null as int) as configured_number
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Whatever list a feature is on.
faults as (

    select
        candidates.feature_name,
        candidates.is_time_driven,
        candidates.is_always_known,
        candidates.configured_number,
        feature_statistics.candidate_number,
        feature_statistics.training_rows,
        feature_statistics.missing_share,
        feature_statistics.variance,
        feature_statistics.distinct_values,
        candidates.feature_name = 'campaign_response_rate' as is_barred,
        case
            when candidates.feature_name = 'campaign_response_rate'
                then 'never clustered on: uplift by segment would be circular'
            when candidates.feature_name = 'shrunk_response_rate'
                and exists (select 1 from measured_campaigns)
                then 'campaigns have controls: uplift by segment would be circular'
            when feature_statistics.training_rows = 0 then 'no training rows'
            when feature_statistics.missing_share > {{ missing_limit }}
                then 'missing for more than {{ missing_limit }} of customers'
            when feature_statistics.distinct_values < 2
                then 'the same for every customer'
        end as fault
    from candidates
    inner join feature_statistics
        on candidates.feature_name = feature_statistics.feature_name

),

judged as (

    select
        *,
        case
            when configured_number is null and not is_barred
                then 'not in segmentation_features'
            else fault
        end as refusal
    from faults

),

wide_correlations as (

    select
        {%- for pair in pairs %}
        corr({{ pair | sort | join(', ') }}) as {{ pair | join('__') }},
        {%- endfor %}
        count(*) as training_rows
    from training

),

correlations as (

    select
        {{ dbt.split_part('pair', "'__'", 1) }} as feature_name,
        {{ dbt.split_part('pair', "'__'", 2) }} as other_feature_name,
        abs(correlation) as absolute_correlation
    from wide_correlations
    unpivot (
        correlation for pair in (
            {%- for pair in pairs %}
            {{ pair | join('__') }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    )

),

correlated as (

    select
        judged.feature_name,
        correlations.absolute_correlation as highest_correlation,
        correlations.other_feature_name as most_correlated_feature,
        row_number() over (
            partition by judged.feature_name
            order by
                round(correlations.absolute_correlation, 9) desc,
                kept.configured_number
        ) as correlation_rank
    from judged
    inner join correlations
        on judged.feature_name = correlations.feature_name
    inner join judged as kept
        on correlations.other_feature_name = kept.feature_name
            and kept.refusal is null
    where not isnan(correlations.absolute_correlation)

),

final as (

    select
        ---------- strings
        judged.feature_name,
        correlated.most_correlated_feature,
        coalesce(judged.refusal, 'selected') as reason,

        ---------- numerics
        judged.candidate_number,
        judged.configured_number,
        round(judged.missing_share, 6) as missing_share,
        judged.variance,
        judged.distinct_values,
        round(correlated.highest_correlation, 6) as highest_correlation,

        ---------- booleans
        judged.refusal is null as is_selected,
        judged.fault is null as is_eligible,
        judged.is_time_driven,
        judged.is_always_known
    from judged
    left join correlated
        on judged.feature_name = correlated.feature_name
            and correlated.correlation_rank = 1

)

select * from final

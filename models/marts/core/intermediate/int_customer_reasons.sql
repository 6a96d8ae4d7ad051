{{ config(materialized='view') }}

{# The three features that count most for a segment, and how they are scaled. #}
{% set features = scored_features() %}

with

contrasts as (

    select * from {{ ref('int_customer_contrasts') }}

),

customer_features as (

    select customer_features.*
    from {{ ref('customer_features') }} as customer_features
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on customer_features.observation_date = observation_dates.observation_date
    where observation_dates.is_current
        and customer_features.is_never_buyer is not true

),

preprocessing as (

    select preprocessing.*
    from {{ ref('int_segmentation_preprocessing') }} as preprocessing
    inner join {{ ref('segmentation_versions') }} as versions
        on preprocessing.segmentation_name = versions.segmentation_name
            and preprocessing.segmentation_version = versions.segmentation_version
    where versions.is_in_use
        and versions.segmentation_name = '{{ segmentation_name() }}'

),

-- No threshold is a value that no customer who bought has: a share above 1, no orders.
ranges as (

    {%- for feature in features %}
    select
        '{{ feature }}' as feature_name,
        cast(min({{ feature }}) as double) as lowest_value,
        cast(max({{ feature }}) as double) as highest_value
    from customer_features
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

picked as (

    select
        contrasts.customer_id,
        contrasts.segment_id,
        contrasts.second_segment_id,
        ranks.reason_rank,
        contrasts.score_difference,
        contrasts.contribution_for_segment,
        {%- for column in [
            'feature_name', 'feature_value', 'scaled_value', 'curvature', 'slope',
            'contribution'
        ] %}
        case ranks.reason_rank
            {%- for feature in features %}
            when contrasts.{{ feature }}__rank then
            {%- if column == 'feature_name' %} '{{ feature }}'
            {%- elif column == 'feature_value' %}
                cast(customer_features.{{ feature }} as double)
            {%- elif column == 'scaled_value' %} contrasts.{{ feature }}
            {%- else %} contrasts.{{ feature }}__{{ column }}
            {%- endif %}
            {%- endfor %}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from contrasts
    inner join customer_features
        on contrasts.customer_id = customer_features.customer_id
    cross join (
        select 1 as reason_rank
        union all
        select 2 as reason_rank
        union all
        select 3 as reason_rank
    ) as ranks

),

final as (

    select
        picked.*,
        ranges.lowest_value,
        ranges.highest_value,
        preprocessing.cap_lower,
        preprocessing.cap_upper,
        preprocessing.transform,
        preprocessing.center,
        preprocessing.scale,
        preprocessing.weight
    from picked
    inner join ranges
        on picked.feature_name = ranges.feature_name
    inner join preprocessing
        on picked.feature_name = preprocessing.feature_name
    -- What counts for less than one percent is no reason.
    where picked.contribution > 0
        and picked.contribution >= 0.01 * picked.contribution_for_segment

)

select * from final

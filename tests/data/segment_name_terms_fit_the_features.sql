with

feature_words as (

    select * from {{ ref('segment_name_terms') }}

),

candidates as (

    select feature_name from {{ ref('feature_selection') }}
    where feature_name not in (
        {%- for feature in custom_feature_columns() %}
        '{{ feature }}',
        {%- endfor %}
        'campaign_response_rate'
    )

),

described as (

    select
        feature_name,
        count(distinct direction) as directions,
        count(distinct aspect) as aspects,
        count(distinct neutral_term) as neutral_terms
    from feature_words
    group by feature_name

),

final as (

    select
        coalesce(candidates.feature_name, described.feature_name) as feature_name,
        described.directions,
        described.aspects,
        described.neutral_terms
    from candidates
    full outer join described
        on candidates.feature_name = described.feature_name
    where candidates.feature_name is null
        or described.feature_name is null
        or described.directions <> 2
        or described.aspects <> 1
        or described.neutral_terms <> 2
    union all
    select
        other_feature_name as feature_name,
        cast(null as bigint) as directions,
        cast(null as bigint) as aspects,
        cast(null as bigint) as neutral_terms
    from feature_words
    where other_feature_name is not null
        and other_feature_name not in (select candidates.feature_name from candidates)

)

select * from final

with

judged as (

    select count(*) as features
    from {{ ref('feature_selection') }}

)

select *
from judged
where features <> {{ candidate_features() | length }}

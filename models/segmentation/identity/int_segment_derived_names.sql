{# Names from int_segment_name_words: a short one, and one of a word more. #}
with

name_words as (

    select * from {{ ref('int_segment_name_words') }}

),

-- The first word always, the second where its feature is clear.
segments as (

    select
        segmentation_version,
        segment_id,
        count(*) filter (where place = 1 or (place = 2 and is_clear)) as word_count,
        bool_or(is_clear) as has_clear_feature
    from name_words
    group by segmentation_version, segment_id

),

candidates as (

    select
        segments.segmentation_version,
        segments.segment_id,
        segments.has_clear_feature,
        segments.word_count + numbers.extra_words as word_count,
        numbers.extra_words
    from segments
    cross join (
        select 0 as extra_words
        union all
        select 1 as extra_words
    ) as numbers

),

chosen_words as (

    select
        candidates.segmentation_version,
        candidates.segment_id,
        candidates.extra_words,
        name_words.feature_number,
        name_words.adjective,
        name_words.noun,
        name_words.noun is not null
        and row_number() over (
            partition by
                candidates.segmentation_version,
                candidates.segment_id,
                candidates.extra_words
            order by
                cast(name_words.noun is null as int),
                name_words.feature_number
        ) = 1 as is_noun
    from candidates
    inner join name_words
        on candidates.segmentation_version = name_words.segmentation_version
            and candidates.segment_id = name_words.segment_id
            and candidates.word_count >= name_words.place

),

-- Adjectives come in the order of the features, with commas between.
numbered as (

    select
        *,
        row_number() over (
            partition by segmentation_version, segment_id, extra_words, is_noun
            order by feature_number
        ) as number
    from chosen_words

),

composed as (

    select
        segmentation_version,
        segment_id,
        extra_words,
        count(*) as word_count,
        concat_ws(
            ', ',
            max(adjective) filter (where not is_noun and number = 1),
            max(adjective) filter (where not is_noun and number = 2),
            max(adjective) filter (where not is_noun and number = 3)
        ) as adjectives,
        coalesce(max(noun) filter (where is_noun), 'customers') as noun
    from numbered
    group by segmentation_version, segment_id, extra_words

),

named as (

    select
        candidates.segmentation_version,
        candidates.segment_id,
        candidates.extra_words,
        case
            when composed.word_count = candidates.word_count
                then trim(composed.adjectives || ' ' || composed.noun)
            when not candidates.has_clear_feature and candidates.extra_words = 0
                then 'typical customers'
        end as name
    from candidates
    left join composed
        on candidates.segmentation_version = composed.segmentation_version
            and candidates.segment_id = composed.segment_id
            and candidates.extra_words = composed.extra_words

),

final as (

    select
        ---------- ids
        segmentation_version,
        segment_id,
        extra_words,

        ---------- strings
        upper(substr(name, 1, 1)) || substr(name, 2) as derived_name
    from named
    where name is not null

)

select * from final

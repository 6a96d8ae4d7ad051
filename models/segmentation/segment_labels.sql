{#
    A name for each segment from what sets it apart: the features in which its centroid
    lies farthest from the mean of the training customers, in the words of the seed
    segment_feature_words. The name is that of the version in which the segment's id
    first appeared, so it follows the id through every later one.
#}
with

centroids as (

    select * from {{ ref('segmentation_centroids') }}

),

preprocessing as (

    select * from {{ ref('segmentation_preprocessing') }}

),

segment_sizes as (

    select
        segmentation_version,
        segment_id,
        cast(number_value as bigint) as training_customers
    from {{ ref('segmentation_registry') }}
    where parameter = 'training_customers'

),

feature_words as (

    select * from {{ ref('segment_feature_words') }}

),

chosen_names as (

    select * from {{ ref('segment_names') }}

),

overall as (

    select
        centroids.segmentation_version,
        centroids.feature_name,
        sum(centroids.centroid * segment_sizes.training_customers)
        / sum(segment_sizes.training_customers) as mean_centroid
    from centroids
    inner join segment_sizes
        on centroids.segmentation_version = segment_sizes.segmentation_version
            and centroids.segment_id = segment_sizes.segment_id
    group by centroids.segmentation_version, centroids.feature_name

),

deviations as (

    select
        centroids.segmentation_version,
        centroids.segment_id,
        preprocessing.feature_number,
        case
            when centroids.centroid < overall.mean_centroid then feature_words.low_word
            else feature_words.high_word
        end as word,
        abs(centroids.centroid - overall.mean_centroid) as deviation,
        row_number() over (
            partition by centroids.segmentation_version, centroids.segment_id
            order by
                round(abs(centroids.centroid - overall.mean_centroid), 9) desc,
                preprocessing.feature_number
        ) as deviation_rank
    from centroids
    inner join overall
        on centroids.segmentation_version = overall.segmentation_version
            and centroids.feature_name = overall.feature_name
    inner join preprocessing
        on centroids.segmentation_version = preprocessing.segmentation_version
            and centroids.feature_name = preprocessing.feature_name
    inner join feature_words
        on centroids.feature_name = feature_words.feature_name

),

worded as (

    select
        segmentation_version,
        segment_id,
        string_agg(word, ', ' order by feature_number) as words
    from deviations
    where deviation_rank = 1
        or (deviation_rank = 2 and deviation >= 0.5)
    group by segmentation_version, segment_id

),

-- An id is named once, where it first appears.
first_named as (

    select
        segment_id,
        min(segmentation_version) as segmentation_version,
        min_by(
            upper(substr(words, 1, 1)) || substr(words, 2) || ' customers',
            segmentation_version
        ) as derived_name
    from worded
    group by segment_id

),

-- Only ids of the same version and of earlier ones make a name need its number, so
-- that no name ever changes because of an id that came later.
told_apart as (

    select
        segment_id,
        derived_name,
        count(*) over (
            partition by derived_name
            order by segmentation_version
            range between unbounded preceding and current row
        ) > 1 as is_repeated
    from first_named

),

named as (

    select
        segment_sizes.segmentation_version,
        segment_sizes.segment_id,
        segment_sizes.training_customers,
        chosen_names.segment_name is not null as is_name_chosen,
        coalesce(
            chosen_names.segment_name,
            case
                when told_apart.is_repeated
                    then told_apart.derived_name
                        || ' (' || cast(told_apart.segment_id as string) || ')'
                else told_apart.derived_name
            end
        ) as segment_name
    from segment_sizes
    inner join told_apart
        on segment_sizes.segment_id = told_apart.segment_id
    left join chosen_names
        on segment_sizes.segment_id = cast(chosen_names.segment_id as bigint)

),

final as (

    select
        ---------- ids
        segmentation_version,
        segment_id,

        ---------- strings
        segment_name,

        ---------- numerics
        training_customers,

        ---------- booleans
        is_name_chosen
    from named

)

select * from final

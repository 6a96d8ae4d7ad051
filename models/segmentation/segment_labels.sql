{#
    A name for each segment from what sets it apart: the features in which its centroid
    lies farthest from the mean of the training customers, in the words of the seed
    segment_feature_words. Frozen with the version, so a name follows its segment.
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

named as (

    select
        worded.segmentation_version,
        worded.segment_id,
        segment_sizes.training_customers,
        chosen_names.segment_name is not null as is_name_chosen,
        upper(substr(worded.words, 1, 1)) || substr(worded.words, 2) || ' customers'
            as derived_name,
        chosen_names.segment_name as chosen_name
    from worded
    inner join segment_sizes
        on worded.segmentation_version = segment_sizes.segmentation_version
            and worded.segment_id = segment_sizes.segment_id
    left join chosen_names
        on worded.segment_id = cast(chosen_names.segment_id as bigint)

),

final as (

    select
        ---------- ids
        segmentation_version,
        segment_id,

        ---------- strings
        case
            when is_name_chosen then chosen_name
            when count(*) over (partition by segmentation_version, derived_name) > 1
                then derived_name || ' (' || cast(segment_id as string) || ')'
            else derived_name
        end as segment_name,

        ---------- numerics
        training_customers,

        ---------- booleans
        is_name_chosen
    from named

)

select * from final

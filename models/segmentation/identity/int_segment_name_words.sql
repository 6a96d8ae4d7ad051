{#
    What the seed segment_name_terms calls a centre like that of each segment, and in
    which order these words tell the segment apart.
#}
{# In scaled units: nearer to the mean a feature does not tell a segment apart. #}
{% set least_deviation = 0.25 %}
{# From here on it does so well enough for a second word. #}
{% set clear_deviation = 0.5 %}

with

centroids as (

    select * from {{ ref('segmentation_centroids') }}

),

preprocessing as (

    select * from {{ ref('int_segmentation_preprocessing') }}

),

training_sizes as (

    select
        segmentation_version,
        segment_id,
        number_value as training_customers
    from {{ ref('segmentation_registry') }}
    where parameter = 'training_customers'

),

feature_words as (

    select * from {{ ref('segment_name_terms') }}

),

means as (

    select
        centroids.segmentation_version,
        centroids.feature_name,
        sum(centroids.centroid * training_sizes.training_customers)
        / sum(training_sizes.training_customers) as mean_centroid,
        sum(centroids.centroid_original * training_sizes.training_customers)
        / sum(training_sizes.training_customers) as mean_centroid_original
    from centroids
    inner join training_sizes
        on centroids.segmentation_version = training_sizes.segmentation_version
            and centroids.segment_id = training_sizes.segment_id
    group by centroids.segmentation_version, centroids.feature_name

),

-- On a scale of logarithms a segment can be above the mean and spend less than it.
deviations as (

    select
        centroids.segmentation_version,
        centroids.segment_id,
        centroids.feature_name,
        preprocessing.feature_number,
        round(centroids.centroid_original, 9) as center,
        round(abs(centroids.centroid - means.mean_centroid), 9) as distance_from_mean,
        case
            when centroids.centroid < means.mean_centroid
                and centroids.centroid_original < means.mean_centroid_original
                then 'low'
            when centroids.centroid > means.mean_centroid
                and centroids.centroid_original > means.mean_centroid_original
                then 'high'
        end as direction
    from centroids
    inner join means
        on centroids.segmentation_version = means.segmentation_version
            and centroids.feature_name = means.feature_name
    inner join preprocessing
        on centroids.segmentation_version = preprocessing.segmentation_version
            and centroids.feature_name = preprocessing.feature_name

),

-- Words are true of a centre within their bounds; the narrowest bounds say most.
worded as (

    select
        deviations.segmentation_version,
        deviations.segment_id,
        deviations.feature_name,
        feature_words.aspect,
        feature_words.adjective,
        feature_words.noun,
        row_number() over (
            partition by
                deviations.segmentation_version,
                deviations.segment_id,
                deviations.feature_name
            order by
                feature_words.center_from desc nulls last,
                feature_words.center_to asc nulls last,
                feature_words.other_feature_name asc nulls last,
                feature_words.adjective asc
        ) as word_rank
    from deviations
    inner join feature_words
        on deviations.feature_name = feature_words.feature_name
            and deviations.direction = feature_words.direction
    left join deviations as others
        on deviations.segmentation_version = others.segmentation_version
            and deviations.segment_id = others.segment_id
            and feature_words.other_feature_name = others.feature_name
    where deviations.distance_from_mean >= {{ least_deviation }}
        and not coalesce(deviations.center < feature_words.center_from, false)
        and not coalesce(deviations.center >= feature_words.center_to, false)
        and (
            feature_words.other_feature_name is null
            or (
                others.center is not null
                and not coalesce(others.center < feature_words.other_center_from, false)
                and not coalesce(others.center >= feature_words.other_center_to, false)
            )
        )

),

described as (

    select
        deviations.segmentation_version,
        deviations.segment_id,
        deviations.feature_name,
        deviations.feature_number,
        worded.aspect,
        worded.adjective,
        worded.noun,
        deviations.distance_from_mean,
        deviations.distance_from_mean >= {{ clear_deviation }} as is_clear
    from deviations
    left join worded
        on deviations.segmentation_version = worded.segmentation_version
            and deviations.segment_id = worded.segment_id
            and deviations.feature_name = worded.feature_name
            and worded.word_rank = 1

),

-- Two features of one aspect say nearly the same: another aspect goes before.
told as (

    select
        *,
        row_number() over (
            partition by segmentation_version, segment_id, aspect
            order by distance_from_mean desc, feature_number asc
        ) as aspect_rank
    from described

),

final as (

    select
        ---------- ids
        segmentation_version,
        segment_id,
        feature_name,

        ---------- strings
        aspect,
        adjective,
        noun,

        ---------- numerics
        feature_number,
        distance_from_mean,
        case
            when adjective is not null
                then row_number() over (
                    partition by segmentation_version, segment_id
                    order by
                        cast(adjective is null as int) asc,
                        cast(is_clear as int) desc,
                        aspect_rank asc,
                        distance_from_mean desc,
                        feature_number asc
                )
        end as place,

        ---------- booleans
        is_clear
    from told

)

select * from final

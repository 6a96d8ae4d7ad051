{#
    Who was known before the training date was possibly drawn for the training sample.
    Of somebody without any date nothing says that they were not known.
#}
with

customer_features as (

    select * from {{ ref('customer_features') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use

),

final as (

    select
        ---------- numerics
        count(*) as customers,
        cast(
            count_if(
                coalesce(
                    customer_features.tenure_days
                    > {{ dbt.datediff(
                        'versions.training_date',
                        'customer_features.observation_date',
                        'day'
                    ) }},
                    true
                )
            ) as bigint
        ) as shared_customers,
        versions.training_rows as training_customers,

        ---------- dates
        customer_features.observation_date
    from customer_features
    cross join versions
    group by
        customer_features.observation_date,
        versions.training_rows,
        versions.training_date

)

select * from final

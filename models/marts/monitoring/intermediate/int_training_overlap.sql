{#
    Customers who have bought and were known before the date of the training customers that drift
    compares with were possibly drawn for the training sample. A customer without any
    date may have been known then.
#}
with

customer_features as (

    select * from {{ ref('customer_features') }}

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

final as (

    select
        ---------- numerics
        count(*) filter (where customer_features.is_never_buyer is not true)
            as customers,
        cast(
            count_if(
                customer_features.is_never_buyer is not true
                and coalesce(
                    customer_features.tenure_days
                    > {{ dbt.datediff(
                        'versions.drift_reference_date',
                        'customer_features.observation_date',
                        'day'
                    ) }},
                    true
                )
            ) as bigint
        ) as possible_training_customers,
        versions.drift_reference_rows as training_customers,

        ---------- dates
        customer_features.observation_date
    from customer_features
    cross join versions
    group by
        customer_features.observation_date,
        versions.drift_reference_rows,
        versions.drift_reference_date

)

select * from final

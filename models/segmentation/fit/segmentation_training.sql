with

customer_features as (

    select * from {{ ref('customer_features') }}

),

training_date as (

    select observation_date from {{ ref('int_observation_dates') }}
    where is_training

),

-- A hash draws the same sample whatever the order of the rows. Who never bought is a
-- segment without any fit.
sampled as (

    select
        customer_features.*,
        md5(customer_features.customer_id) as sampling_hash
    from customer_features
    inner join training_date
        on customer_features.observation_date = training_date.observation_date
    where customer_features.is_never_buyer is not true
    order by sampling_hash, customer_features.customer_id
    limit {{ var('training_sample_rows') }}

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- numerics
        {%- for feature in candidate_features() %}
        cast({{ feature }} as double) as {{ feature }},
        {%- endfor %}

        ---------- dates
        observation_date
    from sampled

)

select * from final

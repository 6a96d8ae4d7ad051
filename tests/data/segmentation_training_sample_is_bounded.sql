with

sample as (

    select count(*) as training_rows
    from {{ ref('segmentation_training') }}

)

select *
from sample
where training_rows > {{ var('training_sample_rows') }}

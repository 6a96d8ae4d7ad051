with

scenarios as (

    select * from {{ ref('optimization_scenarios') }}

),

segments as (

    select * from {{ ref('segments') }}
    where is_in_use and segmentation_name = '{{ segmentation_name() }}'

),

expected as (

    select
        scenarios.scenario,
        scenarios.measure,
        segments.segment_id
    from scenarios
    inner join segments
        on scenarios.segment in ('all', cast(segments.segment_id as string))

),

optimization as (

    select * from {{ ref('segment_optimization') }}

)

select expected.*
from expected
anti join optimization
    on expected.scenario = optimization.scenario
        and expected.measure = optimization.measure
        and expected.segment_id = optimization.segment_id

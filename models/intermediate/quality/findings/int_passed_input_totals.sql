{{ config(materialized='table') }}

{# Written behind the gate, so that it is of the last build that passed. #}
-- depends_on: {{ ref('int_input_gate') }}
with

input_totals as (

    select * from {{ ref('int_input_totals') }}

),

final as (

    select
        ---------- strings
        check_name,
        source_system,
        entity,
        column_name,

        ---------- numerics
        records,
        total,

        ---------- booleans
        is_sample
    from input_totals

)

select * from final

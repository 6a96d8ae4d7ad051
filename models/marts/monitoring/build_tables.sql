{# A view, because a build counts its tables after its last model. #}
{{ config(materialized='view') }}

with

build_tables as (

    select * from {{ ref('int_build_tables') }}

),

final as (

    select
        ---------- ids
        build_id,

        ---------- strings
        table_name,

        ---------- numerics
        row_count
    from build_tables

)

select * from final

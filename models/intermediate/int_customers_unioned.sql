{{ config(materialized='view') }}

{{ unioned_records('customers') }}

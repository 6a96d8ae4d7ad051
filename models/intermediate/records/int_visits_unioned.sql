{{ config(materialized='view') }}

{{ customer_records('visits') }}

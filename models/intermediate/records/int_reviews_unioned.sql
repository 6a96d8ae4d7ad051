{{ config(materialized='view') }}

{{ customer_records('reviews') }}

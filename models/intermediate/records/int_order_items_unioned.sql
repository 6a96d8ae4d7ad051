{{ config(materialized='view') }}

{{ unioned_records('order_items') }}

{{ config(materialized='view') }}

{{ customer_records('campaign_contacts') }}

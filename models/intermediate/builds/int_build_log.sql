{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false
) }}

{# Hooks make it and write to it, before and after all models: macros/builds.sql. #}
select
    {%- for column in build_log_columns() %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ this }}
where false

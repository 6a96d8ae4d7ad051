-- depends_on: {{ ref('customer_segment_snapshot') }}
-- depends_on: {{ ref('int_segments_before_history') }}
-- depends_on: {{ ref('int_holdout_assignments') }}
-- depends_on: {{ ref('int_audience_states') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    post_hook="{{ forget_rows(this, 'customer_id not in (select customer_id from '
        ~ ref('int_returned_customers') ~ ')') }}"
) }}

{# Behind every table that remembers customers: a stopped build forgets nobody. #}
with

returned_customers as (

    select * from {{ ref('int_returned_customers') }}

),

final as (

    select
        ---------- ids
        returned_customers.customer_id,

        ---------- timestamps
        returned_customers.covered_until
    from returned_customers
    {%- if is_incremental() %}
    anti join {{ this }} as known
        on returned_customers.customer_id = known.customer_id
            and returned_customers.covered_until = known.covered_until
    {%- endif %}

)

select * from final

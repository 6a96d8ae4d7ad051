{#
    The last row of each customer in int_audience_states, as a CTE body; none before its
    first build.
#}
{% macro last_audience_states() %}
    {%- if is_incremental() %}
    select
        segmentation_name,
        customer_id,
        nullif(max_by(coalesce(segment_id, -1), changed_at), -1) as segment_id,
        max_by(is_contactable, changed_at) as is_contactable,
        max_by(is_held_out, changed_at) as is_held_out
    from {{ this }}
    group by segmentation_name, customer_id
    {%- else %}
    select
        segmentation_name,
        customer_id,
        segment_id,
        is_contactable,
        is_held_out
    from states
    where false
    {%- endif %}
{% endmacro %}

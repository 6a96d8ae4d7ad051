{#
    What experiments say of a measure of a segment: the latest counts, whatever it found.
    Keeping the assumption where nothing was found, or only taking up what is
    significant, would make every campaign look better than it is. Nor is a segment chosen
    by chance: where the campaign does not show that its effects differ between segments,
    each may expect that of all customers.
#}
with

ranked_experiments as (

    select
        *,
        {{ measure_of_campaign_outcome() }} as measure,
        row_number() over (
            partition by segment_id, outcome
            order by last_contacted_on desc, campaign_id asc
        ) as recency_rank
    from {{ ref('int_campaign_effects') }}
    where is_reliable and not is_overall

),

final as (

    select
        ---------- ids
        segment_id,
        measure,
        campaign_id,

        ---------- strings
        'measured: campaign ' || campaign_id
        || if(is_heterogeneous is false, ', all segments', '') as source,

        ---------- numerics
        expected_difference as difference,
        expected_difference_low as difference_low,
        expected_difference_high as difference_high,
        cost_per_customer
    from ranked_experiments
    where recency_rank = 1

)

select * from final

"""By how much the arms of each campaign differ, and whether by more than chance."""

import pyarrow as pa

from segmentation.uplift import measure_significance

COLUMNS = """
    campaign_id, segment_id, outcome, is_overall, is_large_enough,
    treated_customers, treated_mean, treated_deviation,
    treated_before_mean, treated_before_deviation, treated_covariance,
    control_customers, control_mean, control_deviation,
    control_before_mean, control_before_deviation, control_covariance
"""
# What is hidden of few buyers is tested all the same, or effects would seem alike.
TESTED = (
    "coalesce(estimate_missing_reason, 'tested') "
    "in ('tested', 'too_few_buyers', 'tells_another_segment')"
)
SCHEMA = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("segment_id", pa.int64()),
        ("outcome", pa.string()),
        ("p_value", pa.float64()),
        ("adjusted_p_value", pa.float64()),
        ("heterogeneity_p_value", pa.float64()),
        ("cuped_difference", pa.float64()),
        ("cuped_standard_error", pa.float64()),
    ]
)


def model(dbt, session):
    arms = dbt.ref("customer_segmentation", "int_campaign_arms")
    compared = arms.filter(TESTED).select(COLUMNS).df()
    tests = measure_significance(compared)
    return pa.Table.from_pandas(tests, schema=SCHEMA, preserve_index=False)

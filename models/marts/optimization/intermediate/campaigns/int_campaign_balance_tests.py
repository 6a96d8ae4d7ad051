"""Whether the arms of each campaign were alike before its first contact."""

import pyarrow as pa

from segmentation.uplift import measure_balance

COLUMNS = """
    campaign_id, segment_id, is_overall,
    treated_customers, treated_spend_before_mean, treated_spend_before_deviation,
    treated_spend_rank_mean, treated_spend_rank_deviation,
    control_customers, control_spend_before_mean, control_spend_before_deviation,
    control_spend_rank_mean, control_spend_rank_deviation, holdout_share
"""
SCHEMA = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("segment_balance_p_value", pa.float64()),
        ("spend_before_p_value", pa.float64()),
        ("spend_before_difference", pa.float64()),
        ("control_share_p_value", pa.float64()),
        ("is_balanced", pa.bool_()),
    ]
)


def model(dbt, session):
    arms = dbt.ref("customer_segmentation", "int_campaign_balance")
    balance = measure_balance(arms.select(COLUMNS).df())
    return pa.Table.from_pandas(balance, schema=SCHEMA, preserve_index=False)

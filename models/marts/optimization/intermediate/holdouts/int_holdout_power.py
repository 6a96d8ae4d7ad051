"""How likely each holdout shows the effect that is expected of its campaign."""

import json

import pyarrow as pa

from segmentation.holdouts import measure_power

COLUMNS = """
    campaign_id, segment_id, is_overall, customers, customers_held_out, buyer_share,
    expected_effect
"""
SCHEMA = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("segment_id", pa.int64()),
        ("is_overall", pa.bool_()),
        ("power", pa.float64()),
    ]
)


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    counts = dbt.ref("customer_segmentation", "int_holdout_counts")
    power = measure_power(counts.select(COLUMNS).df(), **settings)
    return pa.Table.from_pandas(power, schema=SCHEMA, preserve_index=False)

"""How far each feature, and the segments, have drifted from the training customers."""

import pyarrow as pa

from segmentation.drift import measure_drift
from segmentation.registry.segmentations import DEFAULT_SEGMENTATION

COLUMNS = (
    "observation_date, {} as variable_name, {} as bin_number, customers, "
    "training_customers"
)
SCHEMA = pa.schema(
    [
        ("observation_date", pa.date32()),
        ("variable_name", pa.string()),
        ("bin_number", pa.int64()),
        ("contribution", pa.float64()),
        ("population_stability_index", pa.float64()),
        ("p_value", pa.float64()),
        ("drift_level", pa.string()),
    ]
)


def model(dbt, session):
    features = dbt.ref("customer_segmentation", "int_feature_bin_counts")
    # As if the segment were one more feature, of as many bins. Segment 0 had no
    # training customers.
    segments = dbt.ref("customer_segmentation", "int_segment_sizes").filter(
        f"segment_id <> 0 and segmentation_name = '{DEFAULT_SEGMENTATION}'"
    )
    bin_counts = features.select(COLUMNS.format("feature_name", "bin_number")).union(
        segments.select(COLUMNS.format("'segment_id'", "segment_id"))
    )
    drift = measure_drift(bin_counts.df())
    return pa.Table.from_pandas(drift, schema=SCHEMA, preserve_index=False)

"""How far each feature, and the segments, have drifted from the training customers."""

import pyarrow as pa

from segmentation.drift import measure_drift

COLUMNS = "observation_date, variable_name, bin_number, customers, training_customers"
SCHEMA = pa.schema(
    [
        ("observation_date", pa.date32()),
        ("variable_name", pa.string()),
        ("bin_number", pa.int64()),
        ("contribution", pa.float64()),
        ("population_stability_index", pa.float64()),
        ("p_value", pa.float64()),
        ("verdict", pa.string()),
    ]
)


def model(dbt, session):
    bin_counts = dbt.ref("int_drift_bin_counts")
    drift = measure_drift(bin_counts.select(COLUMNS).df())
    return pa.Table.from_pandas(drift, schema=SCHEMA, preserve_index=False)

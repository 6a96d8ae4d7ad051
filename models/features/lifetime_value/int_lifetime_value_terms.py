"""Evaluate what is no plain SQL of BG/NBD and NBD on distinct frequencies and ages."""

import json

from segmentation import lifetime_value


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    pairs = dbt.ref("customer_segmentation", "int_lifetime_value_pairs")
    columns = ", ".join(lifetime_value.PAIR_COLUMNS)
    return lifetime_value.term_rows(
        pairs.project(columns).to_arrow_table(),
        settings["annual_discount_rate"],
        settings["confidence_level"],
    )

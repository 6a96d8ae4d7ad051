"""Fit BG/NBD and Gamma-Gamma on the bounded sample of each observation date."""

import json

from segmentation import lifetime_value


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    training = dbt.ref("customer_segmentation", "int_lifetime_value_training")
    columns = ", ".join(lifetime_value.TRAINING_COLUMNS)
    return lifetime_value.fit_rows(
        training.project(columns).df(), settings["minimum_repeat_buyers"]
    )

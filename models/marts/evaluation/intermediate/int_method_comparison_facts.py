"""What comes of every method on the training customers."""

import json

from segmentation.fit.comparison import compare_methods


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    methods = dbt.ref("customer_segmentation", "int_compared_methods")
    rules = (
        dbt.ref("customer_segmentation", "rfm_segments").df().sort_values("rule_number")
    )
    settings["segment_rules"] = rules.to_dict("records")
    outcomes = dbt.ref("customer_segmentation", "outcome_training")
    next_window = dbt.ref("customer_segmentation", "int_k_selection_customers")
    selection = dbt.ref("customer_segmentation", "feature_selection")
    return compare_methods(
        methods=methods.order("method_number").df()["method"].tolist(),
        outcomes=outcomes.df(),
        next_window=next_window.df(),
        feature_selection=selection.select("feature_name, is_selected").df(),
        settings=settings,
    )

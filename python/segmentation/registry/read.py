"""Read what was fitted from the rows of one version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.score.scorers import SCORERS, Scorer

if TYPE_CHECKING:
    from segmentation.fit.preprocessing import FeatureParameters

# The name of the one segment of customers who do not differ enough for two.
ALL_CUSTOMERS = "All customers"


def text_fact(rows: pd.DataFrame, parameter: str) -> str:
    """Return a fact that holds for the whole version and is a text."""
    return str(rows.loc[rows["parameter"] == parameter, "text_value"].iloc[0])


def read_preprocessing(rows: pd.DataFrame) -> list[FeatureParameters]:
    """Parameters of each feature, in the order in which it was fitted."""
    from segmentation.fit.preprocessing import FeatureParameters, FeatureSetting

    of_features = rows[
        rows["feature_name"].notna()
        & rows["segment_id"].isna()
        & rows["unit_number"].isna()
    ]
    parameters = {}
    for name, rows_of_feature in of_features.groupby("feature_name"):
        of_parameter = rows_of_feature.set_index("parameter")
        number = of_parameter["number_value"].astype(float).to_dict()
        text = of_parameter["text_value"].to_dict()
        setting = FeatureSetting(
            name=str(name),
            impute=text["impute"],
            transform=text["transform"],
            scale=text["scaler"],
            weight=number["weight"],
        )
        cap_lower, cap_upper = (
            None if np.isnan(number[bound]) else number[bound]
            for bound in ("cap_lower", "cap_upper")
        )
        parameters[number["feature_number"]] = FeatureParameters(
            setting,
            number["impute_value"],
            cap_lower,
            cap_upper,
            number["center"],
            number["scale"],
        )
    return [parameters[number] for number in sorted(parameters)]


def read_scorer(
    rows: pd.DataFrame, feature_names: Sequence[str]
) -> tuple[NDArray[np.int64], Scorer]:
    """Ids (segments,) in scoring order, and the scorer."""
    order = rows[rows["parameter"] == "scoring_order"].sort_values("number_value")
    segment_ids = order["segment_id"].to_numpy(np.int64)
    scorer = SCORERS[text_fact(rows, "scorer")]
    return segment_ids, scorer.from_rows(rows, segment_ids.tolist(), feature_names)


def given_names(rows: pd.DataFrame) -> dict[int, str]:
    """Names that the method itself gave to segments, by their ids."""
    named = rows[rows["parameter"] == "given_name"]
    return dict(zip(named["segment_id"].astype(int), named["text_value"], strict=True))


def read_bins(
    rows: pd.DataFrame, feature_name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Upper bounds and counts of a feature's bins; None where it has none."""
    of_feature = rows[rows["feature_name"] == feature_name].sort_values("unit_number")
    counts, bounds = (
        of_feature.loc[of_feature["parameter"] == parameter, "number_value"].to_numpy(
            np.float64
        )
        for parameter in ("training_bin_count", "training_bin_upper")
    )
    return None if counts.size == 0 else (bounds, counts)

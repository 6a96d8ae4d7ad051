"""The append-only log of fitted parameters, and when a new version is due.

Nothing here imports scikit-learn before a fit is due: a build that only scores must not
pay for it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from segmentation.clustering import Clustering
    from segmentation.preprocessing import FeatureParameters

SCHEMA = pa.schema(
    [
        ("segmentation_version", pa.int64()),
        ("segment_id", pa.int64()),
        ("feature_name", pa.string()),
        ("unit_number", pa.int64()),
        ("parameter", pa.string()),
        ("number_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)
LIBRARIES = ("scikit-learn", "numpy", "pandas")
# Settings that, when changed, make another model.
CONFIGURATION = (
    "segmentation_method",
    "n_segments",
    "segmentation_features",
    "maximum_missing_share",
    "training_sample_rows",
    "random_state",
)


def configuration_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the settings that define a model as canonical JSON, and its hash."""
    text = json.dumps({name: settings[name] for name in CONFIGURATION}, sort_keys=True)
    return text, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def reason_to_fit(
    versions: pd.DataFrame, configuration_hash: str, refit: bool
) -> str | None:
    """Say why a new version is due, or None where the last one still serves.

    `versions` holds the registry's rows of parameter `configuration_hash`, columns
    segmentation_version and text_value.
    """
    if versions.empty:
        return "first_fit"
    if refit:
        return "refit_requested"
    latest = versions.sort_values("segmentation_version")["text_value"].iloc[-1]
    return None if latest == configuration_hash else "configuration_changed"


def no_rows() -> pa.Table:
    """Return a table without a row, which appends nothing."""
    return SCHEMA.empty_table()


def fit_version(
    training: pd.DataFrame,
    selected_features: Sequence[str],
    settings: Mapping[str, Any],
    versions: pd.DataFrame,
    fitted_at: datetime.datetime,
) -> pa.Table:
    """Fit a new version if one is due and return the rows to append.

    Parameters
    ----------
    training
        One row per training customer: customer_id, observation_date and a float column
        per feature, missing as NaN.
    selected_features
        Names of the features that feature selection kept.
    settings
        The vars named in `CONFIGURATION`, and refit.
    versions
        As for `reason_to_fit`.
    fitted_at
        When the fit is made, for the record.

    Raises
    ------
    ValueError
        If no feature is left or the training rows cannot be divided.
    """
    configuration, configuration_hash = configuration_of(settings)
    fit_reason = reason_to_fit(versions, configuration_hash, settings["refit"])
    if fit_reason is None or training.empty:
        return no_rows()

    from segmentation.clustering import OUTLIER_QUANTILE, fit_kmeans, order_by_value
    from segmentation.preprocessing import (
        FeatureSetting,
        fit_preprocessing,
        transform_features,
    )

    feature_settings = [
        FeatureSetting.from_mapping(feature)
        for feature in settings["segmentation_features"]
        if feature["name"] in selected_features
    ]
    if not feature_settings:
        names = ", ".join(f["name"] for f in settings["segmentation_features"])
        raise ValueError(
            f"Of segmentation_features ({names}) none was selected; expected at least "
            "one. The table feature_selection gives the reasons."
        )
    training = training.sort_values("customer_id", ignore_index=True)
    parameters = fit_preprocessing(training, feature_settings)
    clustering = order_by_value(
        fit_kmeans(
            transform_features(training, parameters),
            settings["n_segments"],
            settings["random_state"],
        ),
        training["total_spend"].to_numpy(float),
    )

    facts: dict[str, float | str] = {
        "method": settings["segmentation_method"],
        "scorer": "quadratic",
        "n_segments": len(clustering.centers),
        "random_state": settings["random_state"],
        "training_rows": len(training),
        "training_date": str(training["observation_date"].iloc[0])[:10],
        "inertia": clustering.inertia,
        "outlier_distance": float(np.quantile(clustering.distances, OUTLIER_QUANTILE)),
        "configuration": configuration,
        "configuration_hash": configuration_hash,
        "fit_reason": fit_reason,
        "fitted_at": fitted_at.isoformat(timespec="seconds"),
        **{f"{name.replace('-', '_')}_version": version(name) for name in LIBRARIES},
    }
    number = 1 if versions.empty else int(versions["segmentation_version"].max()) + 1
    rows = [
        *version_rows(facts),
        *preprocessing_rows(parameters),
        *segment_rows(clustering, parameters),
    ]
    return pa.Table.from_pylist(
        [{"segmentation_version": number, **row} for row in rows], schema=SCHEMA
    )


def value_of(value: float | str | None) -> dict[str, float | str | None]:
    """Put a value in the column of its type."""
    if isinstance(value, str):
        return {"text_value": value}
    return {"number_value": None if value is None else float(value)}


def version_rows(facts: Mapping[str, float | str]) -> list[dict[str, Any]]:
    """Rows that hold for a whole version."""
    return [
        {"parameter": parameter, **value_of(value)}
        for parameter, value in facts.items()
    ]


def preprocessing_rows(
    parameters: Sequence[FeatureParameters],
) -> list[dict[str, Any]]:
    """Rows that say how each feature is imputed, capped, transformed and scaled."""
    rows = []
    for number, feature in enumerate(parameters, start=1):
        facts: dict[str, float | str | None] = {
            "feature_number": number,
            "impute": feature.setting.impute,
            "impute_value": feature.impute_value,
            "cap_lower": feature.cap_lower,
            "cap_upper": feature.cap_upper,
            "transform": feature.setting.transform,
            "scaler": feature.setting.scale,
            "center": feature.center,
            "scale": feature.scale,
            "weight": feature.setting.weight,
        }
        rows += [
            {"feature_name": feature.setting.name, "parameter": name, **value_of(value)}
            for name, value in facts.items()
        ]
    return rows


def segment_rows(
    clustering: Clustering, parameters: Sequence[FeatureParameters]
) -> list[dict[str, Any]]:
    """Rows of each segment: its size in training and its centroid in both units."""
    rows: list[dict[str, Any]] = []
    for index, center in enumerate(clustering.centers):
        segment = {"segment_id": index + 1}
        size = int((clustering.labels == index).sum())
        rows.append({**segment, "parameter": "training_customers", **value_of(size)})
        for parameter, scaled in zip(parameters, center, strict=True):
            feature = {**segment, "feature_name": parameter.setting.name}
            original = parameter.inverse(np.array([scaled]))[0]
            rows.append({**feature, "parameter": "centroid", **value_of(scaled)})
            rows.append(
                {**feature, "parameter": "centroid_original", **value_of(original)}
            )
    return rows

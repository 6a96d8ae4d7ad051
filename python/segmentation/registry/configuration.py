"""The settings that define a version, and when they make a new one due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from segmentation.drift import LARGE_DRIFT, count_bins, population_stability_index
from segmentation.methods import load_method
from segmentation.registry.read import read_bins

# A change of one of these settings makes another model.
CONFIGURATION = (
    "segmentation_method",
    "n_segments",
    "segmentation_features",
    "maximum_missing_share",
    "training_sample_rows",
    "random_state",
    "maximum_rule_leaves",
)
# These do so only where k is selected.
SELECTION_CONFIGURATION = (
    "k_range",
    "bootstrap_count",
    "prediction_strength_splits",
    "selection_sample_rows",
)
# These do so only for methods other than k-means.
SCORING_CONFIGURATION = (
    "selection_sample_rows",
    "minimum_scoring_agreement",
    "maximum_scoring_leaves",
)


def configuration_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the settings that define a model as canonical JSON, and its hash."""
    names = set(CONFIGURATION)
    if settings["n_segments"] == "auto":
        names.update(SELECTION_CONFIGURATION)
    if settings["segmentation_method"] != "kmeans":
        names.update(SCORING_CONFIGURATION)
    if "segmentation_filter" in settings:
        names.add("segmentation_filter")
    names.update(load_method(settings["segmentation_method"]).settings)
    text = json.dumps({name: settings[name] for name in names}, sort_keys=True)
    return text, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def reason_to_fit(
    latest_hash: str | None,
    configuration_hash: str,
    refit: bool | str,
    has_drifted: bool = False,
) -> str | None:
    """Say why a new version is due, or None where the last one still serves.

    Parameters
    ----------
    latest_hash
        The configuration hash of the latest version; None where there is no version.
    configuration_hash
        That of the settings of this build.
    refit
        Var `refit`: True, False or `on_drift`.
    has_drifted
        Whether a feature has drifted far since the latest version was fitted.
    """
    if latest_hash is None:
        return "first_fit"
    if refit is True:
        return "refit_requested"
    if latest_hash != configuration_hash:
        return "configuration_changed"
    return "drift" if refit == "on_drift" and has_drifted else None


def drifted_features(
    latest_version: pd.DataFrame,
    training: pd.DataFrame,
    time_driven_features: Sequence[str],
) -> list[str]:
    """Name the features of a version whose training customers differ much from today's.

    Compares, for each feature that the version clusters on, the counts in the bins that
    it stored with those of `training`. Features that time alone moves are left out:
    they would always drift. Without any training customer nothing has drifted.
    """
    if training.empty:
        return []
    features = latest_version.loc[
        latest_version["parameter"] == "feature_number", "feature_name"
    ]
    drifted = []
    for name in sorted(set(features) - set(time_driven_features)):
        bins = read_bins(latest_version, name)
        if bins is None or name not in training.columns:
            continue
        bounds, expected_counts = bins
        actual_counts = count_bins(training[name].to_numpy(float), bounds)
        if population_stability_index(expected_counts, actual_counts) >= LARGE_DRIFT:
            drifted.append(name)
    return drifted

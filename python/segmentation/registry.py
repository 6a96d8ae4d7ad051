"""The append-only log of fitted parameters, and when a new version is due.

Nothing here imports scikit-learn before a fit is due: a build that only scores must not
pay for it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.drift import LARGE_DRIFT, count_bins, population_stability_index
from segmentation.registry_rows import (
    bin_rows,
    candidate_rows,
    preprocessing_rows,
    read_bins,
    read_centers,
    read_preprocessing,
    rule_rows,
    segment_rows,
    text_fact,
    version_rows,
)

if TYPE_CHECKING:
    from segmentation.clustering import Clustering
    from segmentation.identity import SegmentIdentity
    from segmentation.k_selection import Selection

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
    "maximum_rule_leaves",
)
# Settings that do so only where the number of segments is chosen.
SELECTION_CONFIGURATION = ("k_range", "bootstrap_count", "selection_sample_rows")
LOGGER = logging.getLogger("segmentation")


def configuration_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the settings that define a model as canonical JSON, and its hash."""
    is_auto = settings["n_segments"] == "auto"
    names = (*CONFIGURATION, *(SELECTION_CONFIGURATION if is_auto else ()))
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
    they would always drift.
    """
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


def no_rows() -> pa.Table:
    """Return a table without a row, which appends nothing."""
    return SCHEMA.empty_table()


def fit_version(
    *,
    training: pd.DataFrame,
    feature_selection: pd.DataFrame,
    settings: Mapping[str, Any],
    latest_version: pd.DataFrame,
    highest_segment_id: int,
    fitted_at: datetime.datetime,
) -> pa.Table:
    """Fit a new version if one is due and return the rows to append.

    Parameters
    ----------
    training
        One row per training customer: customer_id, observation_date and a float column
        per candidate feature, missing as NaN.
    feature_selection
        One row per candidate feature: feature_name, is_selected, is_time_driven
        (whether time alone moves it) and is_always_known (whether it is never missing).
    settings
        The vars named in `CONFIGURATION`, the attributes of `SelectionSettings`, refit
        and minimum_match_similarity.
    latest_version
        All rows of the registry's latest version; no rows where there is none.
    highest_segment_id
        The highest id that a segment of any version has; 0 where there is none.
    fitted_at
        When the fit is made, for the record.

    Raises
    ------
    ValueError
        If no feature is left or the training rows cannot be divided.
    """
    if training.empty:
        return no_rows()
    configuration, configuration_hash = configuration_of(settings)
    is_first = latest_version.empty
    names = feature_selection["feature_name"]
    drifted = drifted_features(
        latest_version, training, names[feature_selection["is_time_driven"]].tolist()
    )
    fit_reason = reason_to_fit(
        None if is_first else text_fact(latest_version, "configuration_hash"),
        configuration_hash,
        settings["refit"],
        has_drifted=bool(drifted),
    )
    if fit_reason is None:
        return no_rows()

    from segmentation.clustering import OUTLIER_QUANTILE, order_by_value
    from segmentation.explanation import explain
    from segmentation.k_selection import SelectionSettings, divide
    from segmentation.preprocessing import (
        FeatureSetting,
        fit_preprocessing,
        original_values,
        transform_features,
    )
    from segmentation.stability import bootstrap_jaccard

    selected_features = set(names[feature_selection["is_selected"]])
    feature_settings = [
        FeatureSetting.from_mapping(feature)
        for feature in settings["segmentation_features"]
        if feature["name"] in selected_features
    ]
    if not feature_settings:
        listed = ", ".join(f["name"] for f in settings["segmentation_features"])
        raise ValueError(
            f"Of segmentation_features ({listed}) none was selected; expected at least "
            "one. The table feature_selection gives the reasons."
        )
    training = training.sort_values("customer_id", ignore_index=True)
    parameters = fit_preprocessing(training, feature_settings)
    matrix = transform_features(training, parameters)
    selection = divide(
        matrix,
        settings["n_segments"],
        SelectionSettings.from_mapping(settings),
    )
    clustering = order_by_value(
        selection.clustering, training["total_spend"].to_numpy(float)
    )
    jaccard = bootstrap_jaccard(
        clustering.labels[selection.rows], len(clustering.centers), selection.refits
    )
    identities = identify_segments(
        clustering,
        training,
        latest_version,
        highest_segment_id,
        settings["minimum_match_similarity"],
    )

    explanation = explain(
        matrix,
        original_values(training, parameters),
        clustering.labels,
        clustering.centers,
        maximum_leaves=settings["maximum_rule_leaves"],
    )
    warn_of(selection, identities, settings)

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
    number = 1
    if not is_first:
        matched_from_version = int(latest_version["segmentation_version"].iloc[0])
        facts["matched_from_version"] = matched_from_version
        number = matched_from_version + 1
    if drifted:
        facts["drifted_features"] = ", ".join(drifted)
    rows = [
        *version_rows(facts),
        *preprocessing_rows(parameters),
        *segment_rows(clustering, parameters, identities, jaccard),
        *rule_rows(
            explanation,
            parameters,
            identities,
            set(names[feature_selection["is_always_known"]]),
        ),
        *candidate_rows(selection.candidates),
        *training_bin_rows(training),
    ]
    return pa.Table.from_pylist(
        [{"segmentation_version": number, **row} for row in rows], schema=SCHEMA
    )


def identify_segments(
    clustering: Clustering,
    training: pd.DataFrame,
    latest_version: pd.DataFrame,
    highest_segment_id: int,
    minimum_match_similarity: float,
) -> list[SegmentIdentity]:
    """Ids of new segments, from what the latest version makes of the same customers.

    The training customers are scored with the preprocessing and the centroids that the
    latest version froze, whatever its features were: those of its own training date
    would be other customers, or the same ones at another age.
    """
    from sklearn.metrics import pairwise_distances_argmin

    from segmentation.identity import first_identities, match_segments
    from segmentation.preprocessing import transform_features

    n_segments = len(clustering.centers)
    if latest_version.empty:
        return first_identities(n_segments, highest_segment_id)
    parameters = read_preprocessing(latest_version)
    old_ids, old_centers = read_centers(
        latest_version, [parameter.setting.name for parameter in parameters]
    )
    old_labels = pairwise_distances_argmin(
        transform_features(training, parameters), old_centers
    )
    return match_segments(
        old_segment_ids=old_ids,
        old_labels=old_labels.astype(np.int64),
        new_labels=clustering.labels,
        n_new=n_segments,
        highest_segment_id=highest_segment_id,
        minimum_match_similarity=minimum_match_similarity,
    )


def warn_of(
    selection: Selection,
    identities: Sequence[SegmentIdentity],
    settings: Mapping[str, Any],
) -> None:
    """Say in the build's log what the reader of the new version should know."""
    if selection.chosen.faults:
        LOGGER.warning(
            "n_segments %s: %d segments, but %s (see segmentation_k_candidates).",
            settings["n_segments"],
            selection.chosen.n_segments,
            "; ".join(selection.chosen.faults),
        )
    for identity in identities:
        is_new = identity.matched_from_segment_id is None
        if is_new and identity.match_similarity is not None:
            LOGGER.warning(
                "Segment %d is new: no segment of the version before lives on in it "
                "(highest Jaccard similarity %.3f, minimum_match_similarity %s).",
                identity.segment_id,
                identity.match_similarity,
                settings["minimum_match_similarity"],
            )


def training_bin_rows(training: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the bins of every feature of `training` that has a known value."""
    rows = []
    for name in training.columns.drop(["customer_id", "observation_date"]):
        values = training[name].to_numpy(float)
        if not np.isnan(values).all():
            rows += bin_rows(name, values)
    return rows

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
from numpy.typing import NDArray

from segmentation.drift import LARGE_DRIFT, count_bins, population_stability_index
from segmentation.registry_rows import (
    bin_rows,
    candidate_rows,
    preprocessing_rows,
    read_bins,
    read_preprocessing,
    read_scorer,
    segment_rows,
    text_fact,
    version_rows,
)

if TYPE_CHECKING:
    from segmentation.fitting import Fit
    from segmentation.identity import SegmentIdentity

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
# Settings that do so only where the number of segments is chosen.
SELECTION_CONFIGURATION = ("k_range", "bootstrap_count", "selection_sample_rows")
# Settings that do so only for methods other than k-means.
SCORING_CONFIGURATION = (
    "selection_sample_rows",
    "minimum_scoring_agreement",
    "maximum_scoring_leaves",
)
LOGGER = logging.getLogger("segmentation")


def configuration_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the settings that define a model as canonical JSON, and its hash."""
    names = set(CONFIGURATION)
    if settings["n_segments"] == "auto":
        names.update(SELECTION_CONFIGURATION)
    if settings["segmentation_method"] != "kmeans":
        names.update(SCORING_CONFIGURATION)
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
        One row per candidate feature: feature_name, is_selected and is_time_driven
        (whether time alone moves it).
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

    from segmentation.fitting import fit_method, order_by_value
    from segmentation.methods import Problem, load_method
    from segmentation.preprocessing import (
        FeatureSetting,
        fit_preprocessing,
        transform_features,
    )

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
    method = settings["segmentation_method"]
    n_segments = settings["n_segments"]
    problem = Problem(
        matrix=transform_features(training, parameters),
        feature_names=tuple(feature.setting.name for feature in parameters),
        n_segments=None if n_segments == "auto" else n_segments,
        random_state=settings["random_state"],
        settings=settings,
    )
    fit = fit_method(method, load_method(method), problem)
    order = order_by_value(
        fit.labels, fit.centers, training["total_spend"].to_numpy(float)
    )
    identities = identify_segments(
        fit=fit,
        order=order,
        training=training,
        latest_version=latest_version,
        highest_segment_id=highest_segment_id,
        minimum_match_similarity=settings["minimum_match_similarity"],
    )

    warn_of(fit, identities, settings)

    facts: dict[str, float | str] = {
        "method": method,
        "scorer": fit.scorer.name,
        "scorer_agreement": fit.scorer_agreement,
        "n_segments": len(fit.centers),
        "random_state": settings["random_state"],
        "training_rows": len(training),
        "training_date": str(training["observation_date"].iloc[0])[:10],
        "inertia": fit.inertia,
        "outlier_distance": fit.outlier_distance,
        "configuration": configuration,
        "configuration_hash": configuration_hash,
        "fit_reason": fit_reason,
        "fitted_at": fitted_at.isoformat(timespec="seconds"),
        **{f"{name.replace('-', '_')}_version": version(name) for name in LIBRARIES},
        **{f"method_{name}": value for name, value in fit.division.facts.items()},
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
        *segment_rows(fit, parameters, identities),
        *fit.scorer.rows(
            [identity.segment_id for identity in identities], problem.feature_names
        ),
        *candidate_rows(fit.candidates),
        *training_bin_rows(training),
    ]
    return pa.Table.from_pylist(
        [{"segmentation_version": number, **row} for row in rows], schema=SCHEMA
    )


def identify_segments(
    *,
    fit: Fit,
    order: NDArray[np.int64],
    training: pd.DataFrame,
    latest_version: pd.DataFrame,
    highest_segment_id: int,
    minimum_match_similarity: float,
) -> list[SegmentIdentity]:
    """Ids of new segments, from what the latest version makes of the same customers.

    The training customers are scored with the preprocessing and the scorer that the
    latest version froze, whatever its features were: those of its own training date
    would be other customers, or the same ones at another age.

    Parameters
    ----------
    fit
        The new version.
    order
        Its segments in the order in which new ids are dealt (segments,).
    training, latest_version, highest_segment_id, minimum_match_similarity
        As for `fit_version` and `match_segments`.

    Returns
    -------
    identities
        One for each segment of the fit, in its own order.
    """
    from segmentation.identity import first_identities, match_segments
    from segmentation.preprocessing import transform_features

    if latest_version.empty:
        dealt = first_identities(len(order), highest_segment_id)
    else:
        parameters = read_preprocessing(latest_version)
        old_ids, old_scorer = read_scorer(
            latest_version, [parameter.setting.name for parameter in parameters]
        )
        rank = np.argsort(order)
        dealt = match_segments(
            old_segment_ids=old_ids,
            old_labels=old_scorer.predict(transform_features(training, parameters)),
            new_labels=rank[fit.labels],
            n_new=len(order),
            highest_segment_id=highest_segment_id,
            minimum_match_similarity=minimum_match_similarity,
        )
    return [dealt[place] for place in np.argsort(order)]


def warn_of(
    fit: Fit,
    identities: Sequence[SegmentIdentity],
    settings: Mapping[str, Any],
) -> None:
    """Say in the build's log what the reader of the new version should know."""
    if fit.judged.faults:
        LOGGER.warning(
            "n_segments %s: %d segments, but %s (see segmentation_k_candidates).",
            settings["n_segments"],
            fit.judged.n_segments,
            "; ".join(fit.judged.faults),
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

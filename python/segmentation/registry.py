"""The append-only log of fitted parameters, and when a new version is due.

Nothing here imports scikit-learn before a fit is due: a build that only scores must not
pay for it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from segmentation.drift import LARGE_DRIFT, count_bins, population_stability_index
from segmentation.naming import name_versions, read_terms
from segmentation.registry_rows import (
    EVERYBODY,
    NAMING_PARAMETERS,
    bin_rows,
    candidate_rows,
    given_names,
    name_rows,
    preprocessing_rows,
    read_bins,
    read_centers,
    read_names,
    read_preprocessing,
    read_scorer,
    rule_rows,
    segment_rows,
    text_fact,
    version_rows,
)

if TYPE_CHECKING:
    from segmentation.fitting import Fit
    from segmentation.identity import SegmentIdentity
    from segmentation.methods import Method, Problem
    from segmentation.preprocessing import FeatureParameters, FeatureSetting

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
# Settings that do so only for methods other than k-means.
SCORING_CONFIGURATION = (
    "selection_sample_rows",
    "minimum_scoring_agreement",
    "maximum_scoring_leaves",
)
# Settings and seeds that do so only for the methods that read them.
METHOD_CONFIGURATION = {
    "decision_tree": ("outcome_window_days",),
    "svm": ("outcome_window_days",),
    "neural_network": ("outcome_window_days",),
    "rfm_rules": ("segment_rules",),
}
LOGGER = logging.getLogger("segmentation")


def configuration_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the settings that define a model as canonical JSON, and its hash."""
    names = set(CONFIGURATION)
    if settings["n_segments"] == "auto":
        names.update(SELECTION_CONFIGURATION)
    if settings["segmentation_method"] != "kmeans":
        names.update(SCORING_CONFIGURATION)
    names.update(METHOD_CONFIGURATION.get(settings["segmentation_method"], ()))
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
    read_outcomes: Callable[[], pd.DataFrame],
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
    read_outcomes
        Reads the rows of the model `outcome_training`: the columns of `training` and
        next_window_spend, for customers of the training date and of the oldest one.
        Called only for a method that learns outcomes.
    feature_selection
        One row per candidate feature: feature_name, is_selected, is_time_driven
        (whether time alone moves it) and is_always_known (whether it is never missing).
    settings
        The vars named in `CONFIGURATION`, the attributes of `SelectionSettings`, refit,
        minimum_match_similarity, and segment_rules: the rows of the seed rfm_segments
        in their order.
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
    time_driven = feature_selection.loc[
        feature_selection["is_time_driven"], "feature_name"
    ]
    drifted = drifted_features(latest_version, training, time_driven.tolist())
    fit_reason = reason_to_fit(
        None if is_first else text_fact(latest_version, "configuration_hash"),
        configuration_hash,
        settings["refit"],
        has_drifted=bool(drifted),
    )
    was_undivided = EVERYBODY in given_names(latest_version).values()
    if fit_reason is None and not was_undivided:
        return no_rows()

    from segmentation.explanation import explain
    from segmentation.fitting import (
        fit_everybody,
        fit_method,
        is_divisible,
        order_by_value,
    )
    from segmentation.methods import load_method
    from segmentation.outcomes import learning_customers
    from segmentation.preprocessing import original_values

    method_name = settings["segmentation_method"]
    method = load_method(method_name)
    # Who is learned from; drift is always measured from the training customers.
    learned_from = training
    if method.learns_outcome:
        outcomes = read_outcomes()
        learned_from = learning_customers(
            outcomes, training["observation_date"].iloc[0], method_name
        )
    learned_from = learned_from.sort_values("customer_id", ignore_index=True)
    parameters, problem = pose_problem(
        method, learned_from, feature_selection, settings
    )
    is_divided = is_divisible(method, problem)
    if fit_reason is None:
        if not is_divided:
            return no_rows()
        fit_reason = "customers_differ"
    # No segment lives on in all customers, nor they in one.
    continues = not is_first and is_divided != was_undivided
    fit = (
        fit_method(method_name, method, problem)
        if is_divided
        else fit_everybody(problem)
    )
    order = order_by_value(
        fit.labels, fit.centers, learned_from["total_spend"].to_numpy(float)
    )
    identities = identify_segments(
        fit=fit,
        order=order,
        training=learned_from,
        latest_version=latest_version if continues else latest_version.iloc[:0],
        highest_segment_id=highest_segment_id,
        minimum_match_similarity=settings["minimum_match_similarity"],
    )

    explanation = explain(
        problem.matrix,
        original_values(learned_from, parameters),
        fit.labels,
        fit.centers,
        maximum_leaves=settings["maximum_rule_leaves"],
    )
    warn_of(fit, identities, settings)

    facts: dict[str, float | str] = {
        "method": method_name,
        "scorer": fit.scorer.name,
        "scorer_agreement": fit.scorer_agreement,
        "n_segments": len(fit.centers),
        "random_state": settings["random_state"],
        "training_rows": len(learned_from),
        "training_date": date_of(learned_from),
        "drift_reference_rows": len(training),
        "drift_reference_date": date_of(training),
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
        latest_number = int(latest_version["segmentation_version"].iloc[0])
        number = latest_number + 1
        if continues:
            facts["matched_from_version"] = latest_number
    if method.learns_outcome:
        facts |= judge_out_of_time(fit, parameters, learned_from, training, outcomes)
    if drifted:
        facts["drifted_features"] = ", ".join(drifted)
    rows = [
        *version_rows(facts),
        *preprocessing_rows(parameters),
        *segment_rows(fit, parameters, identities),
        *fit.scorer.rows(
            [identity.segment_id for identity in identities], problem.feature_names
        ),
        *rule_rows(
            explanation,
            parameters,
            identities,
            set(
                feature_selection.loc[
                    feature_selection["is_always_known"], "feature_name"
                ]
            ),
        ),
        *candidate_rows(fit.candidates),
        *training_bin_rows(training),
    ]
    return pa.Table.from_pylist(
        [{"segmentation_version": number, **row} for row in rows], schema=SCHEMA
    )


def with_names(
    appended: pa.Table, stored: pd.DataFrame, terms: pd.DataFrame
) -> pa.Table:
    """Add the names of segments to the rows to append.

    Those of the version that is appended, and of any that was stored without names by
    an earlier version of this project.

    Parameters
    ----------
    appended
        What `fit_version` returned.
    stored
        The rows of all versions in the registry whose parameter is one of
        `NAMING_PARAMETERS`; no rows where there is no version.
    terms
        The rows of the seed segment_name_terms.

    Raises
    ------
    ValueError
        If the seed lacks a column or has an unknown direction.
    """
    frames = [rows for rows in (stored, appended.to_pandas()) if not rows.empty]
    if not frames:
        return appended
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["parameter"].isin(NAMING_PARAMETERS)]
    versions = dict(list(rows.groupby("segmentation_version")))
    named = name_versions(
        {number: read_centers(of_version) for number, of_version in versions.items()},
        read_terms(terms),
        {number: read_names(of_version) for number, of_version in versions.items()},
    )
    names = [
        {"segmentation_version": number, **row}
        for number, of_version in named.items()
        for row in name_rows(of_version)
    ]
    return pa.concat_tables([appended, pa.Table.from_pylist(names, schema=SCHEMA)])


def date_of(customers: pd.DataFrame) -> str:
    """Observation date of customers of one date, as yyyy-mm-dd."""
    return str(customers["observation_date"].iloc[0])[:10]


def pose_problem(
    method: Method,
    learned_from: pd.DataFrame,
    feature_selection: pd.DataFrame,
    settings: Mapping[str, Any],
) -> tuple[list[FeatureParameters], Problem]:
    """Scale the features of customers and say what a method is to make of them.

    Parameters
    ----------
    method
        The method.
    learned_from
        Those it learns from: rows of `training` or, where it learns outcomes, of
        `outcome_training`, as for `fit_version`; rising by customer_id.
    feature_selection, settings
        As for `fit_version`.

    Raises
    ------
    ValueError
        If no feature is left.
    """
    from segmentation.methods import Problem
    from segmentation.preprocessing import fit_preprocessing, transform_features

    parameters = fit_preprocessing(
        learned_from, settings_of_features(method, feature_selection, settings)
    )
    n_segments = settings["n_segments"]
    problem = Problem(
        matrix=transform_features(learned_from, parameters),
        feature_names=tuple(feature.setting.name for feature in parameters),
        n_segments=None if n_segments == "auto" else n_segments,
        random_state=settings["random_state"],
        settings=settings,
        next_spend=learned_from["next_window_spend"].to_numpy(float)
        if method.learns_outcome
        else None,
        segment_rules=settings["segment_rules"],
    )
    return parameters, problem


def settings_of_features(
    method: Method, feature_selection: pd.DataFrame, settings: Mapping[str, Any]
) -> list[FeatureSetting]:
    """How the features take part: those that the method needs, else the selected ones.

    Where none was selected, because the customers do not differ, those take part that
    are known of everybody.

    Raises
    ------
    ValueError
        If none of these is configured either.
    """
    from segmentation.preprocessing import FeatureSetting

    configured = {
        feature["name"]: FeatureSetting.from_mapping(feature)
        for feature in settings["segmentation_features"]
    }
    if method.features:
        return [configured.get(feature.name, feature) for feature in method.features]
    for condition in ("is_selected", "is_always_known"):
        names = set(feature_selection.loc[feature_selection[condition], "feature_name"])
        found = [feature for name, feature in configured.items() if name in names]
        if found:
            break
    else:
        raise ValueError(
            f"Of segmentation_features ({', '.join(configured)}) none was selected; "
            "expected at least one. The table feature_selection gives the reasons."
        )
    return found


def judge_out_of_time(
    fit: Fit,
    parameters: Sequence[FeatureParameters],
    learned_from: pd.DataFrame,
    training: pd.DataFrame,
    outcomes: pd.DataFrame,
) -> dict[str, float]:
    """Judge what was learned at an older date by what came after the training date."""
    from segmentation.outcomes import out_of_time_facts, spend_cuts
    from segmentation.preprocessing import transform_features

    later = outcomes[
        (outcomes["observation_date"] == training["observation_date"].iloc[0])
        & outcomes["next_window_spend"].notna()
    ]
    return out_of_time_facts(
        expected=fit.scorer.predict(transform_features(later, parameters)),
        spend_before=later["trailing_spend"].to_numpy(float),
        spend_after=later["next_window_spend"].to_numpy(float),
        cuts=spend_cuts(learned_from["next_window_spend"].to_numpy(float)),
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
        names = fit.division.segment_names
        old_names = given_names(latest_version)
        dealt = match_segments(
            old_segment_ids=old_ids,
            old_labels=old_scorer.predict(transform_features(training, parameters)),
            new_labels=rank[fit.labels],
            n_new=len(order),
            highest_segment_id=highest_segment_id,
            minimum_match_similarity=minimum_match_similarity,
            has_same_name=None
            if not names
            else np.array(
                [
                    [old_names.get(old_id) == names[new] for new in order]
                    for old_id in old_ids
                ]
            ),
        )
    return [dealt[place] for place in np.argsort(order)]


def warn_of(
    fit: Fit,
    identities: Sequence[SegmentIdentity],
    settings: Mapping[str, Any],
) -> None:
    """Say in the build's log what the reader of the new version should know."""
    if fit.division.segment_names == (EVERYBODY,):
        LOGGER.warning(
            "The %d training customers do not differ enough to be divided (see "
            "feature_selection): they are one segment, %s.",
            len(fit.labels),
            EVERYBODY,
        )
    if fit.judged.faults:
        LOGGER.warning(
            "segmentation_method %s, n_segments %s: %d segments, but %s (see "
            "segmentation_k_candidates).",
            settings["segmentation_method"],
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

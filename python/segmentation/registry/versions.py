"""Fit a new version of the segments when one is due, and give them their ids.

Nothing here imports scikit-learn before a fit is due: a build that only scores must not
pay for it.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from segmentation.registry.configuration import (
    configuration_of,
    drifted_features,
    reason_to_fit,
)
from segmentation.registry.read import (
    ALL_CUSTOMERS,
    given_names,
    text_fact,
)
from segmentation.registry.segmentations import prefix_of, selected_among
from segmentation.registry.write import (
    SCHEMA,
    candidate_rows,
    no_rows,
    preprocessing_rows,
    rule_rows,
    segment_rows,
    training_bin_rows,
    version_rows,
)

if TYPE_CHECKING:
    from segmentation.fit.fitting import Fit
    from segmentation.fit.identity import SegmentIdentity
    from segmentation.methods import FitInput

LIBRARIES = ("scikit-learn", "numpy", "pandas")
LOGGER = logging.getLogger("segmentation")


def fit_version(
    *,
    training: pd.DataFrame,
    training_date: datetime.date | None,
    read_outcomes: Callable[[], pd.DataFrame],
    read_next_window: Callable[[], pd.DataFrame],
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
        per candidate feature, missing as NaN. There may be none: where purchases are
        recorded, only customers who have bought are drawn.
    training_date
        Their observation date; None where there is no customer at all.
    read_outcomes
        Reads the rows of the model `outcome_training`: the columns of `training` and
        next_window_spend, for customers of the training date and of the one before.
        Called only for a supervised method.
    read_next_window
        Reads the rows of the model `int_k_selection_customers`: the columns of
        `training`, outcome_end_date, next_window_spend and next_window_order_count, for
        customers of the date that judges the number of segments. Called only where that
        is chosen.
    feature_selection
        One row per candidate feature: feature_name, is_selected, is_time_driven
        (whether time alone moves it) and is_always_known (whether it is never missing).
    settings
        The vars named in `CONFIGURATION`, the attributes of `SelectionSettings`, refit,
        minimum_match_similarity, segmentation_name, segmentation_filter where it has
        one, and segment_rules: the rows of the seed rfm_segments in their order.
    latest_version
        All rows of the latest version of this segmentation; no rows where there is
        none.
    highest_segment_id
        The highest id that a segment of any of its versions has; 0 where there is none.
    fitted_at
        When the fit is made, for the record.

    Raises
    ------
    ValueError
        If no feature is left, a filter leaves too few customers, or the method fails on
        the training customers.
    """
    if training_date is None:
        return no_rows()
    date_text = f"{training_date:%Y-%m-%d}"
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
    was_one_segment = ALL_CUSTOMERS in given_names(latest_version).values()
    if fit_reason is None and not was_one_segment:
        return no_rows()

    from segmentation.explain.explanation import explain, explain_without_customers
    from segmentation.fit.fit_input import build_fit_input, date_of
    from segmentation.fit.fitting import (
        MINIMUM_CUSTOMERS,
        fit_method,
        fit_one_segment,
        order_by_value,
        reason_for_one_segment,
    )
    from segmentation.fit.outcomes import evaluate_out_of_time, training_with_outcomes
    from segmentation.fit.preprocessing import original_values
    from segmentation.methods import load_method
    from segmentation.registry.segment_ids import identify_segments

    if "segmentation_filter" in settings:
        feature_selection = selected_among(training, feature_selection, settings)
    method_name = settings["segmentation_method"]
    method = load_method(method_name)
    # A supervised method is fitted on customers of an older date. Drift is always
    # measured from the training customers.
    fit_customers = training
    learns_outcomes = method.is_supervised and len(training) >= MINIMUM_CUSTOMERS
    if learns_outcomes:
        outcomes = read_outcomes()
        fit_customers = training_with_outcomes(
            outcomes, training["observation_date"].iloc[0], method_name
        )
    fit_customers = fit_customers.sort_values("customer_id", ignore_index=True)
    chooses_k = settings["n_segments"] == "auto" and method.selects_k != "always"
    parameters, fit_input = build_fit_input(
        method,
        fit_customers,
        feature_selection,
        settings,
        read_next_window() if chooses_k else None,
    )
    reason_for_one = reason_for_one_segment(method, fit_input)
    is_segmented = reason_for_one is None
    if fit_reason is None:
        if not is_segmented:
            return no_rows()
        fit_reason = "customers_differ"
    # The one segment of all customers continues no other, and no other continues it.
    continues = not is_first and is_segmented != was_one_segment
    fit = (
        fit_method(method_name, method, fit_input)
        if reason_for_one is None
        else fit_one_segment(fit_input, reason_for_one)
    )
    order = order_by_value(
        fit.labels, fit.centers, fit_customers["total_spend"].to_numpy(float)
    )
    identities = identify_segments(
        fit=fit,
        order=order,
        training=fit_customers,
        latest_version=latest_version if continues else latest_version.iloc[:0],
        highest_segment_id=highest_segment_id,
        minimum_match_similarity=settings["minimum_match_similarity"],
    )

    explanation = (
        explain_without_customers()
        if fit_customers.empty
        else explain(
            fit_input.matrix,
            original_values(fit_customers, parameters),
            fit.labels,
            fit.centers,
            maximum_leaves=settings["maximum_rule_leaves"],
        )
    )
    log_warnings(fit, identities, settings, reason_for_one)

    facts: dict[str, float | str] = {
        "method": method_name,
        "scorer": fit.scorer.name,
        "scorer_agreement": fit.scorer_agreement,
        "n_segments": len(fit.centers),
        "random_state": settings["random_state"],
        "training_rows": len(fit_customers),
        "training_date": date_of(fit_customers) if learns_outcomes else date_text,
        "drift_reference_rows": len(training),
        "drift_reference_date": date_text,
        "inertia": fit.inertia,
        "outlier_distance": fit.outlier_distance,
        "configuration": configuration,
        "configuration_hash": configuration_hash,
        "fit_reason": fit_reason,
        "fitted_at": fitted_at.isoformat(timespec="seconds"),
        **{f"{name.replace('-', '_')}_version": version(name) for name in LIBRARIES},
        **{f"method_{name}": value for name, value in fit.partition.facts.items()},
    }
    latest_number = (
        0 if is_first else int(latest_version["segmentation_version"].iloc[0])
    )
    if continues:
        facts["matched_from_version"] = latest_number
    if learns_outcomes and is_segmented:
        facts |= evaluate_out_of_time(
            fit, parameters, fit_customers, training, outcomes
        )
    facts |= selection_facts(fit, fit_input)
    if drifted:
        facts["drifted_features"] = ", ".join(drifted)
    rows = [
        *version_rows(facts),
        *preprocessing_rows(parameters),
        *segment_rows(fit, parameters, identities),
        *fit.scorer.rows(
            [identity.segment_id for identity in identities], fit_input.feature_names
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
        *training_bin_rows(training, settings["minimum_cell_size"]),
    ]
    return pa.Table.from_pylist(
        [
            {
                "segmentation_name": settings["segmentation_name"],
                "segmentation_version": latest_number + 1,
                **row,
            }
            for row in rows
        ],
        schema=SCHEMA,
    )


def selection_facts(fit: Fit, fit_input: FitInput) -> dict[str, float | str]:
    """Return the window that the number of segments was judged by, if one was."""
    window = fit_input.next_window
    if window is None or not any(isfinite(c.explanation) for c in fit.candidates):
        return {}
    return {
        "selection_date": window.observation_date,
        "selection_end_date": window.outcome_end_date,
    }


def log_warnings(
    fit: Fit,
    identities: Sequence[SegmentIdentity],
    settings: Mapping[str, Any],
    reason_for_one_segment: str | None,
) -> None:
    """Log what a reader of the new version should know."""
    prefix = prefix_of(settings)
    if reason_for_one_segment is not None:
        LOGGER.warning(
            "%sThe %d training customers are %s: they are one segment, %s.",
            prefix,
            len(fit.labels),
            reason_for_one_segment,
            ALL_CUSTOMERS,
        )
    if fit.chosen.faults:
        LOGGER.warning(
            "%ssegmentation_method %s, n_segments %s: %d segments, %s (see "
            "segmentation_k_candidates).",
            prefix,
            settings["segmentation_method"],
            settings["n_segments"],
            fit.chosen.n_segments,
            fit.chosen.reason,
        )
    for identity in identities:
        is_new = identity.matched_from_segment_id is None
        if is_new and identity.match_similarity is not None:
            LOGGER.warning(
                "%sSegment %d is new: it continues no segment of the version before "
                "(highest Jaccard similarity %.3f, minimum_match_similarity %s).",
                prefix,
                identity.segment_id,
                identity.match_similarity,
                settings["minimum_match_similarity"],
            )

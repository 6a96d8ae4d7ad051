"""Write what was fitted as rows of the registry.

A row is a mapping from columns of the registry; columns that it lacks are null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from segmentation.score.rows import Row

if TYPE_CHECKING:
    from segmentation.explain.explanation import Explanation
    from segmentation.fit.fitting import Fit
    from segmentation.fit.identity import SegmentIdentity
    from segmentation.fit.k_selection import Candidate
    from segmentation.fit.preprocessing import FeatureParameters

SCHEMA = pa.schema(
    [
        ("segmentation_name", pa.string()),
        ("segmentation_version", pa.int64()),
        ("segment_id", pa.int64()),
        ("feature_name", pa.string()),
        ("unit_number", pa.int64()),
        ("parameter", pa.string()),
        ("number_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)


def value_of(value: float | str | None) -> Row:
    """Put a value in the column of its type."""
    if isinstance(value, str):
        return {"text_value": value}
    return {"number_value": None if value is None else float(value)}


def version_rows(facts: Mapping[str, float | str]) -> list[Row]:
    """Rows that hold for a whole version; a number that is not finite has none."""
    return [
        {"parameter": parameter, **value_of(value)}
        for parameter, value in facts.items()
        if isinstance(value, str) or np.isfinite(value)
    ]


def preprocessing_rows(parameters: Sequence[FeatureParameters]) -> list[Row]:
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
    fit: Fit,
    parameters: Sequence[FeatureParameters],
    identities: Sequence[SegmentIdentity],
) -> list[Row]:
    """Rows of each segment: its size in training, its origin, stability and centroid.

    The scoring order is that of the segments in the fit: where scores are equal, the
    customer is in the first segment.
    """
    rows: list[Row] = []
    for index, identity in enumerate(identities):
        segment = {"segment_id": identity.segment_id}
        facts: dict[str, float | str | None] = {
            "scoring_order": index + 1,
            "training_customers": int((fit.labels == index).sum()),
            "matched_from_segment_id": identity.matched_from_segment_id,
            "match_similarity": identity.match_similarity,
            "bootstrap_jaccard_mean": fit.jaccard[:, index].mean(),
            "bootstrap_jaccard_minimum": fit.jaccard[:, index].min(),
        }
        if fit.partition.segment_names:
            facts["given_name"] = fit.partition.segment_names[index]
        rows += [
            {**segment, "parameter": name, **value_of(value)}
            for name, value in facts.items()
            if value is not None
        ]
        for parameter, scaled in zip(parameters, fit.centers[index], strict=True):
            feature = {**segment, "feature_name": parameter.setting.name}
            original = parameter.inverse(np.array([scaled]))[0]
            rows.append({**feature, "parameter": "centroid", **value_of(scaled)})
            rows.append(
                {**feature, "parameter": "centroid_original", **value_of(original)}
            )
    return rows


def candidate_rows(candidates: Sequence[Candidate]) -> list[Row]:
    """Rows of each number of segments that was tried, which is the unit number."""
    return [
        {
            "unit_number": candidate.n_segments,
            "parameter": f"candidate_{name}",
            **value_of(value),
        }
        for candidate in candidates
        for name, value in asdict(candidate).items()
        if name != "n_segments" and (isinstance(value, str) or np.isfinite(value))
    ]


def bin_rows(
    feature_name: str, values: NDArray[np.float64], minimum_count: int
) -> list[Row]:
    """Rows of the bins in which drift of a feature is measured, and their counts.

    The unit number is that of the bin: 0 for missing values, then from 1 by rising
    values. `values` (customers,) has at least one that is known. No bin holds from 1 to
    `minimum_count` - 1 customers where as many are known: so few missing values are
    counted in the largest bin.
    """
    from segmentation.drift import count_bins, learn_bins

    bounds = learn_bins(values, minimum_count=minimum_count)
    counts = count_bins(values, bounds)
    if counts[0] < minimum_count:
        counts[1 + counts[1:].argmax()] += counts[0]
        counts[0] = 0
    rows = []
    for number, count in enumerate(counts):
        unit = {"feature_name": feature_name, "unit_number": number}
        if 1 <= number <= len(bounds):
            bound = bounds[number - 1]
            rows.append({**unit, "parameter": "training_bin_upper", **value_of(bound)})
        rows.append({**unit, "parameter": "training_bin_count", **value_of(count)})
    return rows


def rule_rows(
    explanation: Explanation,
    parameters: Sequence[FeatureParameters],
    identities: Sequence[SegmentIdentity],
    always_known: Collection[str],
) -> list[Row]:
    """Rows of the rules that explain the segments, and how true they are.

    The unit number is that of the rule: from 1, by segment, and within a segment by
    falling customers that the rule covers. Features in `always_known` are never
    missing, so the predicate imputes nothing for them.
    """
    from segmentation.explain.predicates import predicate_of

    names = [parameter.setting.name for parameter in parameters]
    impute_values = [
        None if name in always_known else parameter.impute_value
        for name, parameter in zip(names, parameters, strict=True)
    ]
    ordered = sorted(
        (identities[rule.segment].segment_id, -rule.training_customers, position, rule)
        for position, rule in enumerate(explanation.rules)
    )
    rows = version_rows({"explanation_fidelity": explanation.fidelity})
    if explanation.cost_ratio is not None:
        rows += version_rows({"explanation_cost_ratio": explanation.cost_ratio})
    for number, (segment_id, _, _, rule) in enumerate(ordered, start=1):
        unit = {"segment_id": segment_id, "unit_number": number}
        facts: dict[str, float | str | None] = {
            "rule_predicate": predicate_of(rule, names, impute_values),
            "rule_training_customers": rule.training_customers,
            "rule_training_precision": rule.training_precision,
        }
        rows += [
            {**unit, "parameter": name, **value_of(value)}
            for name, value in facts.items()
            if value is not None
        ]
        rows += [
            {
                **unit,
                "feature_name": names[feature],
                "parameter": name,
                **value_of(bound),
            }
            for feature, interval in rule.intervals.items()
            for name, bound in (
                ("rule_lower", interval.lower),
                ("rule_upper", interval.upper),
            )
            if bound is not None
        ]
    return rows


def no_rows() -> pa.Table:
    """Return a table without a row, which appends nothing."""
    return SCHEMA.empty_table()


def training_bin_rows(training: pd.DataFrame, minimum_count: int) -> list[Row]:
    """Rows of the bins of every feature of `training` that enough customers have."""
    rows = []
    for name in training.columns.drop(["customer_id", "observation_date"]):
        values = training[name].to_numpy(float)
        if np.isfinite(values).sum() >= minimum_count:
            rows += bin_rows(name, values, minimum_count)
    return rows

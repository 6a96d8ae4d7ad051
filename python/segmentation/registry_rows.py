"""Write what was fitted as rows of the registry, and read it back from them.

A row is a mapping from columns of the registry; columns that it lacks are null. The
frames that are read hold the rows of one version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.naming import SegmentCenters, SegmentNames
from segmentation.scorers import SCORERS, Row, Scorer

if TYPE_CHECKING:
    from segmentation.explanation import Explanation
    from segmentation.fitting import Fit
    from segmentation.identity import SegmentIdentity
    from segmentation.k_selection import Candidate
    from segmentation.preprocessing import FeatureParameters

# The name of the one segment of customers that nothing divides.
EVERYBODY = "All customers"
# How the names of a segment are stored.
NAME_PARAMETERS = {
    "descriptive_name": "descriptive",
    "neutral_name": "neutral",
    "distinct_given_name": "given",
}
# All that names are made of, and the names themselves.
NAMING_PARAMETERS = (
    "feature_number",
    "centroid",
    "centroid_original",
    "training_customers",
    "given_name",
    *NAME_PARAMETERS,
)


def value_of(value: float | str | None) -> Row:
    """Put a value in the column of its type."""
    if isinstance(value, str):
        return {"text_value": value}
    return {"number_value": None if value is None else float(value)}


# ---------------------------------------------------------------- written


def version_rows(facts: Mapping[str, float | str]) -> list[Row]:
    """Rows that hold for a whole version."""
    return [
        {"parameter": parameter, **value_of(value)}
        for parameter, value in facts.items()
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

    The scoring order is that of the segments in the fit: of segments that score alike
    the first has the customer.
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
        if fit.division.segment_names:
            facts["given_name"] = fit.division.segment_names[index]
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


def name_rows(names: Mapping[int, SegmentNames]) -> list[Row]:
    """Rows of the names of each segment, by its id."""
    return [
        {"segment_id": segment_id, "parameter": parameter, "text_value": name}
        for segment_id, of_segment in names.items()
        for parameter, attribute in NAME_PARAMETERS.items()
        if (name := getattr(of_segment, attribute)) is not None
    ]


def candidate_rows(candidates: Sequence[Candidate]) -> list[Row]:
    """Rows of each number of segments that was tried; the unit number is the number."""
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


def bin_rows(feature_name: str, values: NDArray[np.float64]) -> list[Row]:
    """Rows of the bins in which drift of a feature is measured, and their counts.

    The unit number is that of the bin: 0 for missing values, then from 1 by rising
    values. `values` (customers,) has at least one that is known.
    """
    from segmentation.drift import count_bins, learn_bins

    bounds = learn_bins(values)
    rows = []
    for number, count in enumerate(count_bins(values, bounds)):
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

    The unit number is that of the rule: from 1, by segment, and of one segment the rule
    that covers most first. Features in `always_known` are never missing, so the
    predicate says nothing of what is imputed.
    """
    from segmentation.explanation import predicate_of

    names = [parameter.setting.name for parameter in parameters]
    impute_values = [
        None if name in always_known else parameter.impute_value
        for name, parameter in zip(names, parameters, strict=True)
    ]
    ordered = sorted(
        (identities[rule.segment].segment_id, -rule.training_customers, place, rule)
        for place, rule in enumerate(explanation.rules)
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


# ---------------------------------------------------------------- read


def text_fact(rows: pd.DataFrame, parameter: str) -> str:
    """Return a fact that holds for the whole version and is a text."""
    return str(rows.loc[rows["parameter"] == parameter, "text_value"].iloc[0])


def read_preprocessing(rows: pd.DataFrame) -> list[FeatureParameters]:
    """Parameters of each feature, in the order in which it was fitted."""
    from segmentation.preprocessing import FeatureParameters, FeatureSetting

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
    """Ids (segments,) in scoring order, and what tells the segment of a customer."""
    order = rows[rows["parameter"] == "scoring_order"].sort_values("number_value")
    segment_ids = order["segment_id"].to_numpy(np.int64)
    scorer = SCORERS[text_fact(rows, "scorer")]
    return segment_ids, scorer.from_rows(rows, segment_ids.tolist(), feature_names)


def given_names(rows: pd.DataFrame) -> dict[int, str]:
    """Names that the method itself gave to segments, by their ids."""
    named = rows[rows["parameter"] == "given_name"]
    return dict(zip(named["segment_id"].astype(int), named["text_value"], strict=True))


def read_centers(rows: pd.DataFrame) -> SegmentCenters:
    """Segments of a version and their centres, by rising id."""
    numbers = rows[rows["parameter"] == "feature_number"].sort_values("number_value")
    customers = rows[rows["parameter"] == "training_customers"].sort_values(
        "segment_id"
    )
    segment_ids = customers["segment_id"].astype(int).tolist()
    feature_names = numbers["feature_name"].astype(str).tolist()
    scaled, original = (
        rows[rows["parameter"] == parameter]
        .pivot(index="segment_id", columns="feature_name", values="number_value")
        .reindex(index=segment_ids, columns=feature_names)
        .to_numpy(np.float64)
        for parameter in ("centroid", "centroid_original")
    )
    return SegmentCenters(
        segment_ids=segment_ids,
        feature_names=feature_names,
        training_customers=customers["number_value"].to_numpy(np.float64),
        scaled=scaled,
        original=original,
        given_names=given_names(rows),
    )


def read_names(rows: pd.DataFrame) -> dict[int, SegmentNames]:
    """Names that are stored of the segments of a version, by their ids."""
    named = rows[rows["parameter"].isin(list(NAME_PARAMETERS))]
    names: dict[int, dict[str, str]] = {}
    for row in named.to_dict("records"):
        of_segment = names.setdefault(int(row["segment_id"]), {})
        of_segment[NAME_PARAMETERS[row["parameter"]]] = row["text_value"]
    return {
        segment_id: SegmentNames(**of_segment)
        for segment_id, of_segment in names.items()
    }


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

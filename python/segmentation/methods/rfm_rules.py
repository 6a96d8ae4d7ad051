"""Recency, frequency and monetary scores, and the segments that a seed makes of them.

Hughes (1994), Strategic Database Marketing: customers are sorted by each measure and
score 5 in the best fifth and 1 in the worst. The fit learns only the bounds of the
fifths of the training customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.fit.preprocessing import FeatureSetting
from segmentation.methods import FitInput, Method, Partition
from segmentation.score.rules import RulesScorer

# What each score is of, and whether more of it is better.
SCORES = {
    "recency": ("recency_days", False),
    "frequency": ("order_count", True),
    "monetary": ("total_spend", True),
}
HIGHEST_SCORE = 5
FEATURES = (
    FeatureSetting("recency_days", impute="median", transform="log1p"),
    FeatureSetting("order_count", impute="zero", transform="log1p"),
    FeatureSetting("total_spend", impute="zero", transform="log1p"),
)

Rule = Mapping[str, Any]


def fifths(values: NDArray[np.float64], *, more_is_better: bool) -> NDArray[np.int64]:
    """Score values (customers,) from 1 to 5, 5 best.

    The score is 1 plus the number of whole fifths of the customers with a worse value.
    Equal values share a score; where more than a fifth of the customers share one, the
    next higher scores stay empty.
    """
    better = values if more_is_better else -values
    worse = np.searchsorted(np.sort(better), better, side="left")
    return 1 + worse * HIGHEST_SCORE // len(values)


def score_bounds(
    values: NDArray[np.float64], *, more_is_better: bool
) -> NDArray[np.float64]:
    """Bounds between the scores of values (customers,), 32-bit floats.

    Returns
    -------
    bounds
        (6,): a customer of score s has bounds[s - 1] < x <= bounds[s] where more is
        better, and bounds[6 - s - 1] < x <= bounds[6 - s] where less is. A bound lies
        half-way between two values, or is infinite where no customer lies beyond it;
        the two bounds of a score without customers are equal.
    """
    scores = fifths(values, more_is_better=more_is_better)
    ranks = scores if more_is_better else HIGHEST_SCORE + 1 - scores
    bounds = np.empty(HIGHEST_SCORE + 1)
    for number in range(HIGHEST_SCORE + 1):
        below, above = values[ranks <= number], values[ranks > number]
        if below.size == 0:
            bounds[number] = -np.inf
        elif above.size == 0:
            bounds[number] = np.inf
        else:
            bounds[number] = (below.max() + above.min()) / 2
    return bounds


def check_rules(rules: Sequence[Rule]) -> None:
    """Check that the rules give every combination of scores a segment.

    Raises
    ------
    ValueError
        If they do not; the message names the first combination.
    """
    numbers = range(1, HIGHEST_SCORE + 1)
    missing = [
        combination
        for combination in product(numbers, repeat=len(SCORES))
        if not any(holds(rule, combination) for rule in rules)
    ]
    if missing:
        named = ", ".join(
            f"{score} {number}"
            for score, number in zip(SCORES, missing[0], strict=True)
        )
        others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
        raise ValueError(
            f"The seed rfm_segments has no segment for the scores {named}{others}; "
            f"expected one for each of the {HIGHEST_SCORE ** len(SCORES)} combinations "
            f"of scores from 1 to {HIGHEST_SCORE}."
        )


def holds(rule: Rule, combination: Sequence[int]) -> bool:
    """Whether a rule holds for a recency, a frequency and a monetary score."""
    return all(
        rule[f"{score}_score_from"] <= number <= rule[f"{score}_score_to"]
        for score, number in zip(SCORES, combination, strict=True)
    )


def scorer_of(
    rules: Sequence[Rule],
    bounds: Mapping[str, NDArray[np.float64]],
    feature_names: Sequence[str],
) -> RulesScorer:
    """Return one leaf for each rule that a customer can satisfy, in their order.

    Parameters
    ----------
    rules
        Rows of the seed, the first one that holds decides.
    bounds
        `score_bounds` of each score.
    feature_names
        Names of the features, as columns of what is scored.
    """
    names = segment_names(rules)
    lower = np.full((len(rules), len(feature_names)), -np.inf)
    upper = np.full((len(rules), len(feature_names)), np.inf)
    for score, (feature, more_is_better) in SCORES.items():
        column = list(feature_names).index(feature)
        for number, rule in enumerate(rules):
            first, last = rule[f"{score}_score_from"], rule[f"{score}_score_to"]
            if not more_is_better:
                first, last = HIGHEST_SCORE + 1 - last, HIGHEST_SCORE + 1 - first
            lower[number, column] = bounds[score][int(first) - 1]
            upper[number, column] = bounds[score][int(last)]
    is_satisfiable = (lower < upper).all(axis=1)
    segments = np.array([names.index(rule["segment_name"]) for rule in rules])
    return RulesScorer(
        lower[is_satisfiable],
        upper[is_satisfiable],
        segments[is_satisfiable],
        len(names),
        np.zeros(is_satisfiable.sum(), dtype=bool),
    )


def segment_names(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Names of the segments, in the order in which the rules first name them."""
    return tuple(dict.fromkeys(rule["segment_name"] for rule in rules))


def fit(fit_input: FitInput) -> Partition:
    """Score customers and give them to the segment of the first rule that holds."""
    check_rules(fit_input.segment_rules)
    # Rules compare 32-bit floats: values that are then equal share a score.
    matrix = fit_input.matrix.astype(np.float32).astype(np.float64)
    bounds = {
        score: score_bounds(
            matrix[:, fit_input.feature_names.index(feature)],
            more_is_better=more_is_better,
        )
        for score, (feature, more_is_better) in SCORES.items()
    }
    scorer = scorer_of(fit_input.segment_rules, bounds, fit_input.feature_names)
    names = segment_names(fit_input.segment_rules)
    return Partition(
        labels=scorer.predict(fit_input.matrix),
        n_segments=len(names),
        scorer=scorer,
        segment_names=names,
        named_centers=np.tile(fit_input.matrix.mean(axis=0), (len(names), 1)),
    )


METHOD = Method(fit, selects_k="always", features=FEATURES, settings=("segment_rules",))

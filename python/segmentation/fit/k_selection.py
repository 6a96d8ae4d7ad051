"""Select the number of segments by their stability and what they explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin, pairwise_distances_argmin_min

from segmentation.fit.clustering import Clustering, fit_kmeans
from segmentation.fit.indices import internal_indices, prediction_strengths
from segmentation.fit.next_window import (
    FOLD_RATIO,
    NextWindow,
    compare_with_best,
    explain_next_window,
    is_as_good,
)
from segmentation.fit.stability import (
    MINIMUM_STABLE_JACCARD,
    Refit,
    bootstrap_jaccard,
    refit_bootstraps,
)

# Every k from the first to the second is reported; the rule selects from k_range, which
# may reach farther.
CANDIDATES = (2, 8)
MINIMUM_SEGMENT_SHARE = 0.02
# A half of the customers for each of the other half.
HALF_RATIO = 1
UNKNOWN = float("nan")


@dataclass(frozen=True)
class SelectionSettings:
    """How much is computed, and the range from which the rule selects.

    Attributes
    ----------
    k_range
        The least and the greatest number of segments that may be chosen.
    bootstrap_count
        Resamples for the stability of segments.
    prediction_strength_splits
        Splits into halves for prediction strength.
    selection_sample_rows
        Most customers that resamples are drawn from.
    random_state
        Seed of everything random.
    """

    k_range: tuple[int, int]
    bootstrap_count: int
    prediction_strength_splits: int
    selection_sample_rows: int
    random_state: int

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read settings from a mapping that has the names of the attributes."""
        values = {field.name: mapping[field.name] for field in fields(cls)}
        return cls(**values | {"k_range": tuple(values["k_range"])})


@dataclass(frozen=True)
class Candidate:
    """A number of segments and its evaluation; NaN where it is not known.

    Attributes
    ----------
    n_segments
        The number, k.
    inertia, silhouette, davies_bouldin, calinski_harabasz
        As scikit-learn defines them, of all training customers; the silhouette of a
        sample stratified by segment.
    minimum_jaccard
        Mean bootstrap Jaccard similarity of the least stable segment.
    smallest_share, small_segment_share
        Shares of the training customers: those of the smallest segment, and those of
        all segments under `MINIMUM_SEGMENT_SHARE`.
    prediction_strength
        Mean of `prediction_strengths`, where no next window is known.
    explained_log_spend, explained_orders, explained_retention
        Cross-validated shares of the next window: see `cross_validated_shares`.
    explanation, explanation_error
        Their mean, negative ones counted as 0, and its standard error.
    difference_from_best, difference_error
        How far the explanation is below that of the best k, and the standard error of
        the paired difference; of the prediction strength, where that decides.
    is_chosen, reason
        Whether the rule chooses it, and why or why not.
    """

    n_segments: int
    inertia: float
    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    minimum_jaccard: float
    smallest_share: float
    small_segment_share: float
    prediction_strength: float = UNKNOWN
    explained_log_spend: float = UNKNOWN
    explained_orders: float = UNKNOWN
    explained_retention: float = UNKNOWN
    explanation: float = UNKNOWN
    explanation_error: float = UNKNOWN
    difference_from_best: float = UNKNOWN
    difference_error: float = UNKNOWN
    is_chosen: bool = False
    reason: str = ""

    @property
    def faults(self) -> list[str]:
        """Why the rule rejects it; empty where it passes."""
        faults = []
        if self.minimum_jaccard < MINIMUM_STABLE_JACCARD:
            faults.append(
                "a segment has mean bootstrap Jaccard "
                f"{self.minimum_jaccard:.3f}, under {MINIMUM_STABLE_JACCARD}"
            )
        if self.smallest_share < MINIMUM_SEGMENT_SHARE:
            faults.append(
                f"a segment has {100 * self.smallest_share:.3g} % of customers, under "
                f"{100 * MINIMUM_SEGMENT_SHARE:g} %"
            )
        return faults


@dataclass(frozen=True)
class Scores:
    """What decides between numbers of segments.

    Attributes
    ----------
    noun
        What it is, in words.
    by_k
        Its values of the same splits (splits,), by k.
    ratio
        As for `standard_error`.
    """

    noun: str
    by_k: Mapping[int, NDArray[np.float64]]
    ratio: float


@dataclass(frozen=True)
class Evaluation:
    """A candidate, its segments on all training customers, and its refits.

    `scores` (splits,) are what decides: what the segments explain of the next window,
    or their prediction strength.
    """

    candidate: Candidate
    clustering: Clustering
    refits: list[Refit]
    scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Selection:
    """The number of segments that was chosen, and why.

    Attributes
    ----------
    candidates
        Every number that was evaluated, one of them chosen.
    clustering
        The segments of all training customers.
    rows
        The customers that `refits` resample.
    refits
        Bootstraps of the chosen number of segments.
    """

    candidates: list[Candidate]
    clustering: Clustering
    rows: NDArray[np.int64]
    refits: list[Refit]

    @property
    def chosen(self) -> Candidate:
        """The candidate that was chosen."""
        return next(c for c in self.candidates if c.is_chosen)


def select_k(
    matrix: NDArray[np.float64],
    n_segments: int | Literal["auto"],
    settings: SelectionSettings,
    next_window: NextWindow | None = None,
) -> Selection:
    """Cluster the training customers, with the k that is set or the best one.

    The segments themselves are always fitted on all customers. The many fits that
    evaluate them use the customers of `selection_rows`.

    Parameters
    ----------
    matrix
        Scaled features (customers, features), in an order that does not depend on
        chance.
    n_segments
        A number, which alone is evaluated, or `auto`.
    settings
        How much is computed, and the range from which the rule selects.
    next_window
        What the segments are to explain; None where no window is over.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than segments.
    """
    rows = selection_rows(len(matrix), settings)
    if n_segments != "auto":
        clustering = fit_kmeans(matrix, n_segments, settings.random_state)
        evaluation = evaluate(matrix, clustering, settings, next_window)
        candidate = replace(
            evaluation.candidate,
            is_chosen=True,
            reason="; ".join(
                [f"n_segments is {n_segments}", *evaluation.candidate.faults]
            ),
        )
        return Selection([candidate], clustering, rows, evaluation.refits)

    evaluations = evaluate_all(matrix, settings, next_window)
    scores = {e.candidate.n_segments: e.scores for e in evaluations}
    candidates = apply_rule(
        [e.candidate for e in evaluations],
        Scores("prediction strength", scores, HALF_RATIO)
        if next_window is None
        else Scores("explanation", scores, FOLD_RATIO),
        settings.k_range,
    )
    [chosen] = [
        evaluation
        for evaluation, candidate in zip(evaluations, candidates, strict=True)
        if candidate.is_chosen
    ]
    clustering = chosen.clustering
    if len(rows) < len(matrix):
        clustering = fit_kmeans(
            matrix, chosen.candidate.n_segments, settings.random_state
        )
    return Selection(candidates, clustering, rows, chosen.refits)


def selection_rows(n_rows: int, settings: SelectionSettings) -> NDArray[np.int64]:
    """Training customers that evaluations resample, rising."""
    if n_rows <= settings.selection_sample_rows:
        return np.arange(n_rows)
    random = np.random.default_rng(settings.random_state)
    return np.sort(
        random.choice(n_rows, size=settings.selection_sample_rows, replace=False)
    )


def evaluate_all(
    matrix: NDArray[np.float64],
    settings: SelectionSettings,
    next_window: NextWindow | None = None,
) -> list[Evaluation]:
    """Evaluate every candidate k that the number of distinct customers allows.

    Parameters
    ----------
    matrix
        Scaled features of all training customers (customers, features), in an order
        that does not depend on chance.
    settings, next_window
        As for `select_k`.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than the least k of k_range.
    """
    sample = matrix[selection_rows(len(matrix), settings)]
    distinct = len(np.unique(sample, axis=0))
    last = min(max(CANDIDATES[1], settings.k_range[1]), distinct)
    candidates = set(range(CANDIDATES[0], last + 1)) | {settings.k_range[0]}
    return [
        evaluate(
            matrix,
            clustering_of(matrix, sample, n_segments, settings.random_state),
            settings,
            next_window,
        )
        for n_segments in sorted(candidates)
    ]


def clustering_of(
    matrix: NDArray[np.float64],
    sample: NDArray[np.float64],
    n_segments: int,
    random_state: int,
) -> Clustering:
    """Assign all customers to the centroids that are fitted to a sample of them."""
    fitted = fit_kmeans(sample, n_segments, random_state)
    if len(sample) == len(matrix):
        return fitted
    labels, distances = pairwise_distances_argmin_min(matrix, fitted.centers)
    return Clustering(
        fitted.centers, labels.astype(np.int64), distances, float((distances**2).sum())
    )


def evaluate(
    matrix: NDArray[np.float64],
    clustering: Clustering,
    settings: SelectionSettings,
    next_window: NextWindow | None = None,
) -> Evaluation:
    """Evaluate a clustering of all training customers.

    Parameters
    ----------
    matrix
        Scaled features of all training customers (customers, features).
    clustering
        Their segments.
    settings, next_window
        As for `select_k`.
    """
    n_segments = len(clustering.centers)
    rows = selection_rows(len(matrix), settings)
    sample, labels = matrix[rows], clustering.labels[rows]
    refits = refit_bootstraps(
        sample, n_segments, settings.bootstrap_count, settings.random_state
    )
    candidate = Candidate(
        n_segments=n_segments,
        inertia=clustering.inertia,
        **internal_indices(matrix, clustering.labels, settings),
        minimum_jaccard=float(
            bootstrap_jaccard(labels, n_segments, refits).mean(axis=0).min()
        ),
        **size_facts(clustering.labels, n_segments),
    )
    if next_window is None:
        scores = prediction_strengths(
            sample,
            n_segments,
            settings.prediction_strength_splits,
            settings.random_state,
        )
        candidate = replace(candidate, prediction_strength=float(scores.mean()))
    else:
        explanation = explain_next_window(
            pairwise_distances_argmin(next_window.matrix, clustering.centers),
            next_window,
            settings.random_state,
        )
        scores = explanation.by_split
        candidate = replace(candidate, **explanation.facts)
    return Evaluation(candidate, clustering, refits, scores)


def size_facts(labels: NDArray[np.int64], n_segments: int) -> dict[str, Any]:
    """Share of the smallest segment, and of all that are too small.

    `labels` is the segment of each customer, 0 to n_segments - 1 (customers,).
    """
    shares = np.bincount(labels, minlength=n_segments) / len(labels)
    return {
        "smallest_share": float(shares.min()),
        "small_segment_share": float(shares[shares < MINIMUM_SEGMENT_SHARE].sum()),
    }


def apply_rule(
    candidates: Sequence[Candidate], scores: Scores, k_range: tuple[int, int]
) -> list[Candidate]:
    """Choose the smallest k that is as good as the best.

    Only k of `k_range` whose segments are all stable and large enough count. The best
    is the one with the highest mean score, and a k is as good where `is_as_good` says
    so. Silhouette and the other indices are reported and do not decide: they nearly
    always prefer two segments or, on skewed data, a segment of one customer.

    Where no k passes, the most stable one is chosen of those with large enough
    segments: a segment of one customer reappears in every resample with that customer,
    which says nothing about the other customers. Where there are none of these either,
    it is the one with the fewest customers in segments that are too small.
    """
    limits = f"{k_range[0]} to {k_range[1]}"
    eligible = [c for c in candidates if k_range[0] <= c.n_segments <= k_range[1]]
    passing = [c for c in eligible if not c.faults]
    if passing:
        candidates, chosen, why = smallest_as_good(candidates, passing, scores)
        why = f"the smallest of {limits} whose {why}"
    else:
        chosen, why = last_resort(eligible)
        why = f"none of {limits} passes; this one {why}: {'; '.join(chosen.faults)}"

    decided = []
    for candidate in candidates:
        is_chosen = candidate.n_segments == chosen.n_segments
        if is_chosen:
            reason = why
        elif not k_range[0] <= candidate.n_segments <= k_range[1]:
            reason = "; ".join([f"not from {limits}", *candidate.faults])
        elif candidate.faults:
            reason = "; ".join(candidate.faults)
        elif candidate.n_segments > chosen.n_segments:
            reason = f"passes, and {chosen.n_segments}, which is smaller, is as good"
        else:
            reason = (
                f"its {scores.noun} is {candidate.difference_from_best:.3f} below the "
                "best"
            )
        decided.append(replace(candidate, is_chosen=is_chosen, reason=reason))
    return decided


def smallest_as_good(
    candidates: Sequence[Candidate], passing: Sequence[Candidate], scores: Scores
) -> tuple[list[Candidate], Candidate, str]:
    """Compare all candidates with the best of those that pass, and choose of these.

    Returns
    -------
    compared, chosen, why
        The candidates with their differences, the one that is chosen, and the words
        that say why.
    """
    means = {k: float(values.mean()) for k, values in scores.by_k.items()}
    best = max(passing, key=lambda c: (means[c.n_segments], -c.n_segments)).n_segments
    compared = compare_with_best(scores.by_k, best, scores.ratio)
    chosen = min(
        (c for c in passing if is_as_good(*compared[c.n_segments], means[best])),
        key=lambda c: c.n_segments,
    )
    why = f"{scores.noun} is as good as the best"
    if chosen.n_segments != best:
        why += f", that of {best}"
    differences = [
        replace(
            candidate,
            difference_from_best=compared[candidate.n_segments][0],
            difference_error=compared[candidate.n_segments][1],
        )
        for candidate in candidates
    ]
    return differences, chosen, why


def last_resort(eligible: Sequence[Candidate]) -> tuple[Candidate, str]:
    """Choose among candidates of which none passes, and say why in words.

    The most stable one, if any has only segments that are large enough; else the one
    with the fewest customers in segments that are not.
    """
    large_enough = [c for c in eligible if c.smallest_share >= MINIMUM_SEGMENT_SHARE]
    if large_enough:
        chosen = max(large_enough, key=lambda c: (c.minimum_jaccard, -c.n_segments))
        return chosen, "is the most stable"
    chosen = min(eligible, key=lambda c: (c.small_segment_share, c.n_segments))
    return chosen, "has the fewest customers in segments that are too small"

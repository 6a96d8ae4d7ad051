"""Select the number of segments by their stability, and report other indices too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin_min

from segmentation.fit.clustering import Clustering, fit_kmeans
from segmentation.fit.indices import (
    gap_statistic,
    internal_indices,
    prediction_strength,
    reference_samples,
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
    gap_reference_count
        Reference data sets for the gap statistic.
    selection_sample_rows
        Most customers that resamples are drawn from.
    random_state
        Seed of everything random.
    """

    k_range: tuple[int, int]
    bootstrap_count: int
    prediction_strength_splits: int
    gap_reference_count: int
    selection_sample_rows: int
    random_state: int

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read settings from a mapping that has the names of the attributes."""
        values = {field.name: mapping[field.name] for field in fields(cls)}
        return cls(**values | {"k_range": tuple(values["k_range"])})


@dataclass(frozen=True)
class Candidate:
    """A number of segments and its evaluation.

    Attributes
    ----------
    n_segments
        The number, k.
    inertia, silhouette, davies_bouldin, calinski_harabasz
        As scikit-learn defines them, of all training customers; the silhouette of a
        sample stratified by segment.
    gap, gap_error
        Gap statistic and its error s: see `gap_statistic`.
    prediction_strength
        See `prediction_strength`.
    minimum_jaccard
        Mean bootstrap Jaccard similarity of the least stable segment.
    smallest_share
        Share of the training customers that the smallest segment has.
    is_chosen, reason
        Whether the rule chooses it, and why or why not.
    """

    n_segments: int
    inertia: float
    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    gap: float
    gap_error: float
    prediction_strength: float
    minimum_jaccard: float
    smallest_share: float
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
class Evaluation:
    """A candidate, its segments on all training customers, and its refits."""

    candidate: Candidate
    clustering: Clustering
    refits: list[Refit]


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

    Raises
    ------
    ValueError
        If there are fewer distinct customers than segments.
    """
    rows = selection_rows(len(matrix), settings)
    if n_segments != "auto":
        clustering = fit_kmeans(matrix, n_segments, settings.random_state)
        references = reference_samples(
            matrix[rows], settings.gap_reference_count, settings.random_state
        )
        evaluation = evaluate(matrix, clustering, settings, references)
        candidate = replace(
            evaluation.candidate,
            is_chosen=True,
            reason="; ".join(
                [f"n_segments is {n_segments}", *evaluation.candidate.faults]
            ),
        )
        return Selection([candidate], clustering, rows, evaluation.refits)

    evaluations = evaluate_all(matrix, settings)
    candidates = apply_rule([e.candidate for e in evaluations], settings.k_range)
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
    matrix: NDArray[np.float64], settings: SelectionSettings
) -> list[Evaluation]:
    """Evaluate every candidate k that the number of distinct customers allows.

    Parameters
    ----------
    matrix
        Scaled features of all training customers (customers, features), in an order
        that does not depend on chance.
    settings
        How much is computed.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than the least k of k_range.
    """
    sample = matrix[selection_rows(len(matrix), settings)]
    distinct = len(np.unique(sample, axis=0))
    last = min(max(CANDIDATES[1], settings.k_range[1]), distinct)
    candidates = set(range(CANDIDATES[0], last + 1)) | {settings.k_range[0]}
    references = reference_samples(
        sample, settings.gap_reference_count, settings.random_state
    )
    return [
        evaluate(
            matrix,
            clustering_of(matrix, sample, n_segments, settings.random_state),
            settings,
            references,
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
    references: Sequence[NDArray[np.float64]],
) -> Evaluation:
    """Evaluate a clustering of all training customers.

    Parameters
    ----------
    matrix
        Scaled features of all training customers (customers, features).
    clustering
        Their segments.
    settings
        How much is computed.
    references
        The result of `reference_samples` for the customers of `selection_rows`.
    """
    n_segments = len(clustering.centers)
    rows = selection_rows(len(matrix), settings)
    sample, labels = matrix[rows], clustering.labels[rows]
    refits = refit_bootstraps(
        sample, n_segments, settings.bootstrap_count, settings.random_state
    )
    gap, gap_error = gap_statistic(
        float((clustering.distances[rows] ** 2).sum()),
        references,
        n_segments,
        settings.random_state,
    )
    sizes = np.bincount(clustering.labels, minlength=n_segments)
    indices = internal_indices(matrix, clustering.labels, settings)
    candidate = Candidate(
        n_segments=n_segments,
        inertia=clustering.inertia,
        silhouette=indices["silhouette"],
        davies_bouldin=indices["davies_bouldin"],
        calinski_harabasz=indices["calinski_harabasz"],
        gap=gap,
        gap_error=gap_error,
        prediction_strength=prediction_strength(
            sample,
            n_segments,
            settings.prediction_strength_splits,
            settings.random_state,
        ),
        minimum_jaccard=float(
            bootstrap_jaccard(labels, n_segments, refits).mean(axis=0).min()
        ),
        smallest_share=float(sizes.min() / len(matrix)),
    )
    return Evaluation(candidate, clustering, refits)


def apply_rule(
    candidates: Sequence[Candidate], k_range: tuple[int, int]
) -> list[Candidate]:
    """Choose the largest k with only stable and large segments.

    Silhouette, gap and the other indices are reported and do not decide: they nearly
    always prefer two segments or, on skewed data, a segment of one customer.

    Where no k of `k_range` passes, the most stable one is chosen, among those with
    large segments where there are any: a segment of one customer reappears in every
    resample with that customer, which says nothing about the other customers.
    """
    eligible = [c for c in candidates if k_range[0] <= c.n_segments <= k_range[1]]
    large_enough = [c for c in eligible if c.smallest_share >= MINIMUM_SEGMENT_SHARE]
    passing = [c for c in eligible if not c.faults]
    limits = f"{k_range[0]} to {k_range[1]}"
    if passing:
        chosen = max(passing, key=lambda c: c.n_segments)
    else:
        chosen = max(
            large_enough or eligible, key=lambda c: (c.minimum_jaccard, -c.n_segments)
        )

    decided = []
    for candidate in candidates:
        faults = "; ".join(candidate.faults)
        if candidate is chosen and passing:
            reason = f"the largest of {limits} with only stable and large segments"
        elif candidate is chosen:
            reason = f"the most stable of {limits}, of which none passes: {faults}"
        elif candidate not in eligible:
            reason = "; ".join([f"not from {limits}", *candidate.faults])
        else:
            reason = faults or f"passes, as does {chosen.n_segments}, which is larger"
        decided.append(replace(candidate, is_chosen=candidate is chosen, reason=reason))
    return decided

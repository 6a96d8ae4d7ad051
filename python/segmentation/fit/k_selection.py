"""Choose the number of segments by how well they survive, and show what others say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances_argmin,
    pairwise_distances_argmin_min,
    silhouette_samples,
)
from threadpoolctl import threadpool_limits

from segmentation.fit.clustering import Clustering, fit_kmeans
from segmentation.fit.stability import (
    MINIMUM_STABLE_JACCARD,
    REFIT_N_INIT,
    Refit,
    bootstrap_jaccard,
    fit_labels,
    refit_bootstraps,
)

# Every number of segments from the first to the second is shown; the rule chooses in
# k_range, which may reach farther.
CANDIDATES = (2, 8)
MINIMUM_SEGMENT_SHARE = 0.02


@dataclass(frozen=True)
class SelectionSettings:
    """How much is computed, and where the rule may choose.

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
        Customers that are fitted again and again, at most.
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
    """A number of segments and what speaks for it.

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
        What the rule says of it.
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
        """Why the rule does not allow it; nothing where it does."""
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
        The customers that `refits` are of.
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


def divide(
    matrix: NDArray[np.float64],
    n_segments: int | Literal["auto"],
    settings: SelectionSettings,
) -> Selection:
    """Divide the training customers into segments, as many as are set or best.

    The segments themselves are always fitted on all customers; what is fitted many
    times, to choose and to judge, on those of `selection_rows`.

    Parameters
    ----------
    matrix
        Scaled features (customers, features), in an order that does not depend on
        chance.
    n_segments
        A number, which alone is evaluated, or `auto`.
    settings
        How much is computed, and where the rule may choose.

    Raises
    ------
    ValueError
        If the customers cannot be divided into as many segments.
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
    """Training customers that are fitted again and again, rising."""
    if n_rows <= settings.selection_sample_rows:
        return np.arange(n_rows)
    random = np.random.default_rng(settings.random_state)
    return np.sort(
        random.choice(n_rows, size=settings.selection_sample_rows, replace=False)
    )


def evaluate_all(
    matrix: NDArray[np.float64], settings: SelectionSettings
) -> list[Evaluation]:
    """Evaluate every number of segments that the customers can be divided into.

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
        If the customers cannot be divided into as many segments as k_range begins with.
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
    """Divide all customers by the centroids that a sample of them is fitted with."""
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
    """Evaluate a division of all training customers.

    Parameters
    ----------
    matrix
        Scaled features of all training customers (customers, features).
    clustering
        Their segments.
    settings
        How much is computed.
    references
        What `reference_samples` made of the customers of `selection_rows`.
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


def internal_indices(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    settings: SelectionSettings,
) -> dict[str, float]:
    """Compute the indices that `Candidate` has of scaled features and segments."""
    return {
        "silhouette": stratified_silhouette(
            matrix, labels, settings.selection_sample_rows, settings.random_state
        ),
        "davies_bouldin": index_of(davies_bouldin_score, matrix, labels),
        "calinski_harabasz": index_of(calinski_harabasz_score, matrix, labels),
    }


def index_of(
    score: Callable[..., float],
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> float:
    """Value of an index of scikit-learn; NaN for one segment or one customer each."""
    if len(np.unique(labels)) in (1, len(matrix)):
        return float("nan")
    return float(score(matrix, labels))


def stratified_silhouette(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    maximum_rows: int,
    random_state: int,
) -> float:
    """Mean silhouette of all customers, estimated from at most `maximum_rows` of them.

    Every segment gives an equal number of customers, and one that has fewer all it has;
    the means of the segments are weighted by their sizes. A silhouette compares mean
    distances to whole segments, so drawing segments unequally does not move it. NaN for
    one segment; a label that nobody has is none.
    """
    _, labels = np.unique(labels, return_inverse=True)
    sizes = np.bincount(labels)
    if len(sizes) == 1:
        return float("nan")
    rows = np.arange(len(matrix))
    if len(matrix) > maximum_rows:
        random = np.random.default_rng(random_state)
        quota = equal_quota(sizes, maximum_rows)
        rows = np.sort(
            np.concatenate(
                [
                    random.permutation(np.flatnonzero(labels == label))[:quota]
                    for label in range(len(sizes))
                ]
            )
        )
    drawn = labels[rows]
    if len(np.unique(drawn)) == len(rows):
        # A segment of one has silhouette 0 by definition.
        return 0.0
    silhouettes = silhouette_samples(matrix[rows], drawn)
    means = np.bincount(drawn, silhouettes) / np.bincount(drawn)
    return float((means * sizes).sum() / sizes.sum())


def equal_quota(sizes: NDArray[np.int64], maximum_rows: int) -> int:
    """Greatest number of each segment with which at most `maximum_rows` are drawn."""
    remaining, quota = maximum_rows, 0
    for number, size in enumerate(np.sort(sizes)):
        quota = remaining // (len(sizes) - number)
        if size > quota:
            break
        remaining -= int(size)
    return quota


def reference_samples(
    matrix: NDArray[np.float64], count: int, random_state: int
) -> list[NDArray[np.float64]]:
    """Draw data without segments: uniform in a box along the principal components.

    Reference distribution (b) of Tibshirani, Walther and Hastie (2001). A box along the
    features would be mostly empty where features go together, as order count and spend
    do, and everything would then look like segments.
    """
    components = PCA(svd_solver="full").fit(matrix)
    scores = components.transform(matrix)
    random = np.random.default_rng(random_state)
    return [
        components.inverse_transform(
            random.uniform(scores.min(axis=0), scores.max(axis=0), size=scores.shape)
        )
        for _ in range(count)
    ]


def gap_statistic(
    inertia: float,
    references: Sequence[NDArray[np.float64]],
    n_segments: int,
    random_state: int,
) -> tuple[float, float]:
    """Gap between the log inertia of reference data sets and that of the data.

    Tibshirani, Walther and Hastie (2001), Estimating the number of clusters in a data
    set via the gap statistic, Journal of the Royal Statistical Society B 63. They
    choose the least k with gap(k) >= gap(k + 1) - error(k + 1).

    Parameters
    ----------
    inertia
        Inertia of the data.
    references
        Data sets of the same shape without segments.
    n_segments
        Segments that each is divided into.
    random_state
        Seed of the fits.

    Returns
    -------
    gap, error
        Mean of the reference's log inertia less that of the data; its standard
        deviation times sqrt(1 + 1 / references). Not finite where an inertia is 0.
    """
    with threadpool_limits(limits=1):
        inertias = [
            KMeans(n_segments, n_init=REFIT_N_INIT, random_state=random_state)
            .fit(reference)
            .inertia_
            for reference in references
        ]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log(inertias)
        gap = float(logarithms.mean() - np.log(inertia))
        error = float(logarithms.std() * np.sqrt(1 + 1 / len(references)))
    return gap, error


def prediction_strength(
    matrix: NDArray[np.float64], n_segments: int, splits: int, random_state: int
) -> float:
    """Share of pairs of a segment that the other half of the customers keeps together.

    Tibshirani and Walther (2005), Cluster validation by prediction strength, Journal of
    Computational and Graphical Statistics 14. Customers are split into halves and each
    is divided into segments. Of the segment of a half that fares worst, it is the share
    of pairs of customers whose nearest centroid of the other half is the same; the mean
    over both halves and all splits. A segment of one customer has no pair and counts as
    0.
    """
    strengths = []
    with threadpool_limits(limits=1):
        for number in range(splits):
            random = np.random.default_rng([random_state, number])
            order = random.permutation(len(matrix))
            halves = [matrix[np.sort(order[start::2])] for start in (0, 1)]
            seed = int(random.integers(2**31))
            labels = [fit_labels(half, n_segments, seed) for half in halves]
            strengths += [
                pairs_kept_together(
                    labels[own], nearest_mean(halves[own], halves[other], labels[other])
                )
                for own, other in ((0, 1), (1, 0))
            ]
    return float(np.mean(strengths))


def nearest_mean(
    matrix: NDArray[np.float64],
    other: NDArray[np.float64],
    other_labels: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Predict segments (customers,) by the nearest of the means of other customers."""
    means = np.array(
        [other[other_labels == label].mean(axis=0) for label in np.unique(other_labels)]
    )
    predicted: NDArray[np.int64] = pairwise_distances_argmin(matrix, means)
    return predicted.astype(np.int64)


def pairs_kept_together(
    labels: NDArray[np.int64], predicted: NDArray[np.int64]
) -> float:
    """Share of pairs that are predicted alike, of the segment that fares worst."""
    together = np.zeros((labels.max() + 1, predicted.max() + 1))
    np.add.at(together, (labels, predicted), 1)
    sizes = together.sum(axis=1)
    pairs = (together * (together - 1)).sum(axis=1)
    return float((pairs / np.maximum(sizes * (sizes - 1), 1)).min())


def apply_rule(
    candidates: Sequence[Candidate], k_range: tuple[int, int]
) -> list[Candidate]:
    """Choose the largest k whose every segment is stable and large enough.

    Silhouette, gap and the others are shown and do not decide: they nearly always elect
    two segments, or on skewed data a segment of one customer.

    Where no k of `k_range` passes, the most stable one is chosen, of those whose
    segments are large enough if there are any: a segment of one customer is found again
    whenever that customer is drawn, which says nothing about anybody else.
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

    judged = []
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
        judged.append(replace(candidate, is_chosen=candidate is chosen, reason=reason))
    return judged

"""Indices of the quality of a clustering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances_argmin,
    silhouette_samples,
)
from threadpoolctl import threadpool_limits

from segmentation.fit.stability import REFIT_N_INIT, fit_labels

if TYPE_CHECKING:
    from segmentation.fit.k_selection import SelectionSettings


def internal_indices(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    settings: SelectionSettings,
) -> dict[str, float]:
    """Compute the internal indices of `Candidate` from scaled features and segments."""
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
    """Value of an index of scikit-learn; NaN for one segment, or one per customer."""
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

    Every segment contributes an equal number of customers, or all of its customers
    where they are fewer; the means of the segments are weighted by their sizes. A
    silhouette compares mean distances to whole segments, so unequal sampling rates do
    not bias it. NaN for one segment; a label without customers is no segment.
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
    """Greatest number for each segment that keeps the sample within `maximum_rows`."""
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
    features would be mostly empty where features are correlated, as order count and
    spend are, and any data would then look clustered.
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
        Segments that are fitted to each data set.
    random_state
        Seed of the fits.

    Returns
    -------
    gap, error
        Mean log inertia of the references less that of the data; its standard deviation
        times sqrt(1 + 1 / references). Not finite where an inertia is 0.
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
    """Share of pairs of a segment that the other half of customers keeps together.

    Tibshirani and Walther (2005), Cluster validation by prediction strength, Journal of
    Computational and Graphical Statistics 14. Customers are split into halves and each
    half is clustered. For each segment of a half, count the pairs of customers who
    share their nearest centroid of the other half. The strength is the share of such
    pairs in the worst segment, as a mean over both halves and all splits. A segment of
    one customer has no pair and counts as 0.
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
    """Lowest share, over segments, of pairs of customers who are predicted together."""
    together = np.zeros((labels.max() + 1, predicted.max() + 1))
    np.add.at(together, (labels, predicted), 1)
    sizes = together.sum(axis=1)
    pairs = (together * (together - 1)).sum(axis=1)
    return float((pairs / np.maximum(sizes * (sizes - 1), 1)).min())

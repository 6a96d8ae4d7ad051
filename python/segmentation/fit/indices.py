"""Indices of the quality of a clustering."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
)

from segmentation.fit.stability import refit_resamples

if TYPE_CHECKING:
    from segmentation.fit.k_selection import SelectionSettings

# Enough customers for a silhouette: its cost grows with their square.
SILHOUETTE_ROWS = 1000


def internal_indices(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    settings: SelectionSettings,
) -> dict[str, Any]:
    """Compute the internal indices of `Candidate` from scaled features and segments."""
    return {
        "silhouette": stratified_silhouette(
            matrix,
            labels,
            min(settings.selection_sample_rows, SILHOUETTE_ROWS),
            settings.random_state,
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


def prediction_strengths(
    matrix: NDArray[np.float64], n_segments: int, splits: int, random_state: int
) -> NDArray[np.float64]:
    """Share of pairs of a segment that the other half of customers keeps together.

    Tibshirani and Walther (2005), Cluster validation by prediction strength, Journal of
    Computational and Graphical Statistics 14. Customers are split into halves and each
    half is clustered. For each segment of a half, count the pairs of customers who
    share their nearest centroid of the other half. The strength is the share of such
    pairs in the worst segment. A segment of one customer has no pair and counts as 0.

    Returns
    -------
    strengths
        Of both halves of each split (2 x splits,), in [0, 1]; those of every number of
        segments are of the same halves.
    """
    halves = np.zeros((2 * splits, len(matrix)))
    seeds = []
    for number in range(splits):
        random = np.random.default_rng([random_state, number])
        order = random.permutation(len(matrix))
        for half in (0, 1):
            halves[2 * number + half, order[half::2]] = 1
        seeds += [int(random.integers(2**31))] * 2
    labels = refit_resamples(matrix, halves, n_segments, seeds)
    strengths = []
    for own, half in enumerate(halves > 0):
        # Halves 0 and 1 are of one split, and so on.
        other = own ^ 1
        strengths.append(pairs_kept_together(labels[own, half], labels[other, half]))
    return np.array(strengths)


def pairs_kept_together(
    labels: NDArray[np.int64], predicted: NDArray[np.int64]
) -> float:
    """Lowest share, over segments, of pairs of customers who are predicted together."""
    together = np.zeros((labels.max() + 1, predicted.max() + 1))
    np.add.at(together, (labels, predicted), 1)
    sizes = together.sum(axis=1)
    pairs = (together * (together - 1)).sum(axis=1)
    return float((pairs / np.maximum(sizes * (sizes - 1), 1)).min())

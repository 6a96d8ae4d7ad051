"""Measure how well each segment reappears in resamples of the customers.

Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics
and Data Analysis 52, as in `clusterboot` of the R package fpc.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from segmentation.fit.identity import jaccard_similarities

# "Generally, a valid, stable cluster should yield a mean Jaccard similarity value of
# 0.75 or more": documentation of clusterboot.
MINIMUM_STABLE_JACCARD = 0.75
# Iterations of the start of each resample, and of each end of all starts from which it
# goes on: so many, those with the least inertia in it as they are.
ROUGH_ITERATIONS = 5
REFIT_ENDS = 5
# As in scikit-learn.
MAXIMUM_ITERATIONS = 300
# Customers of all runs that are computed at once: more do not fit a processor cache.
BLOCK_SIZE = 100_000


@dataclass(frozen=True)
class Refit:
    """The segments of a resample of customers.

    Attributes
    ----------
    rows
        The customers that were drawn, each once, rising (drawn,).
    labels
        The segment of each in the refit (drawn,).
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]


def refit_bootstraps(
    matrix: NDArray[np.float64],
    n_segments: int,
    bootstrap_count: int,
    random_state: int,
) -> list[Refit]:
    """Draw as many customers as there are, with replacement, and fit them, repeatedly.

    A customer who is drawn twice weighs twice. The resamples are the same for every
    number of segments, so that only the number differs.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    n_segments
        Segments of every refit.
    bootstrap_count
        Number of resamples.
    random_state
        Seed of the draws and of the fits.
    """
    weights = np.zeros((bootstrap_count, len(matrix)))
    seeds = []
    for number in range(bootstrap_count):
        random = np.random.default_rng([random_state, number])
        drawn = random.integers(len(matrix), size=len(matrix))
        weights[number] = np.bincount(drawn, minlength=len(matrix))
        seeds.append(int(random.integers(2**31)))
    labels = refit_resamples(matrix, weights, n_segments, seeds)
    return [
        Refit(rows, of_resample[rows])
        for rows, of_resample in zip(map(np.flatnonzero, weights), labels, strict=True)
    ]


def refit_resamples(
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    n_segments: int,
    seeds: Sequence[int],
) -> NDArray[np.int64]:
    """Fit k-means to many resamples of the same customers at once.

    Resamples of the same customers have nearly the same local optima. So each has one
    start, and each is fitted from the ends of all starts that suit it best. In one with
    fewer different customers than segments some segments are empty.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    weights
        How often each customer was drawn (resamples, customers).
    n_segments
        Segments of every refit.
    seeds
        Of the starts of each resample.

    Returns
    -------
    labels
        Segment of each customer, drawn or not, in each resample (resamples, customers).
    """
    blocks = min(-(-weights.size * REFIT_ENDS // BLOCK_SIZE), len(weights))
    with threadpool_limits(limits=1):
        ends = rough_ends(matrix, weights, n_segments, seeds)
        return np.concatenate(
            [
                best_refits(matrix, block, ends)
                for block in np.array_split(weights, blocks)
            ]
        )


def rough_ends(
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    n_segments: int,
    seeds: Sequence[int],
) -> NDArray[np.float64]:
    """Centroids where a start of each resample nearly ends (ends, segments, features).

    Parameters are those of `refit_resamples`. A resample with fewer customers than
    segments has no start; without any the only end is the origin.
    """
    ends = []
    for of_resample, seed in zip(weights, seeds, strict=True):
        rows = np.flatnonzero(of_resample)
        if len(rows) < n_segments:
            continue
        model = KMeans(
            n_segments, n_init=1, max_iter=ROUGH_ITERATIONS, random_state=seed
        )
        with warnings.catch_warnings():
            # A resample may have fewer distinct customers than segments.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix[rows], sample_weight=of_resample[rows])
        ends.append(model.cluster_centers_)
    return np.array(ends or [np.zeros((n_segments, matrix.shape[1]))])


def best_refits(
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Fit each resample from its best ends, and take the fit with the least inertia.

    After `ROUGH_ITERATIONS` only the best fit of a resample goes on. Parameters and
    result are those of `refit_resamples`.
    """
    _, distances = nearest(matrix, ends)
    order = np.argsort(weights @ distances.T, axis=1, kind="stable")
    chosen = order[:, :REFIT_ENDS]
    repeated = np.repeat(weights, chosen.shape[1], axis=0)
    centers = run_lloyd(matrix, repeated, ends[chosen.ravel()], ROUGH_ITERATIONS)
    _, distances = nearest(matrix, centers)
    inertias = (repeated * distances).sum(axis=1).reshape(chosen.shape)
    best = inertias.argmin(axis=1) + np.arange(len(weights)) * chosen.shape[1]
    centers = run_lloyd(matrix, weights, centers[best], MAXIMUM_ITERATIONS)
    return nearest(matrix, centers)[0].astype(np.int64)


def run_lloyd(
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    centers: NDArray[np.float64],
    maximum_iterations: int,
) -> NDArray[np.float64]:
    """Run Lloyd's algorithm from many starts until no customer changes segment.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    weights
        Of the customers in each run (runs, customers).
    centers
        Where each run starts (runs, segments, features). A segment without a customer
        stays where it is.
    maximum_iterations
        After which a run ends even so.

    Returns
    -------
    centers
        Where each run ends (runs, segments, features).
    """
    centers = centers.copy()
    labels, _ = nearest(matrix, centers)
    running = np.arange(len(centers))
    for _ in range(maximum_iterations):
        centers[running] = weighted_means(
            matrix, weights[running], labels[running], centers[running]
        )
        new_labels, _ = nearest(matrix, centers[running])
        has_moved = (new_labels != labels[running]) & (weights[running] > 0)
        labels[running] = new_labels
        running = running[has_moved.any(axis=1)]
        if not running.size:
            break
    return centers


def nearest(
    matrix: NDArray[np.float64], centers: NDArray[np.float64]
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Nearest centroid of each customer in each run.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    centers
        Centroids (runs, segments, features).

    Returns
    -------
    labels, distances
        Segment of each customer, the first of equals, and the squared distance to its
        centroid less that to the origin (runs, customers).
    """
    # |x - c|^2 - |x|^2 = |c|^2 - 2 c x, one product of matrices.
    with_one = np.column_stack([matrix, np.ones(len(matrix))]).T
    terms = np.concatenate(
        [-2 * centers, (centers**2).sum(axis=2, keepdims=True)], axis=2
    )
    distances = terms[:, 0] @ with_one
    labels = np.zeros(distances.shape, dtype=np.int16)
    for segment in range(1, centers.shape[1]):
        others = terms[:, segment] @ with_one
        np.copyto(labels, segment, where=others < distances)
        np.minimum(distances, others, out=distances)
    return labels, distances


def weighted_means(
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    labels: NDArray[np.int16],
    centers: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weighted means (runs, segments, features); `centers` of empty segments."""
    with_one = np.column_stack([matrix, np.ones(len(matrix))])
    means = centers.copy()
    for segment in range(centers.shape[1]):
        sums = (weights * (labels == segment)) @ with_one
        filled = sums[:, -1] > 0
        means[filled, segment] = sums[filled, :-1] / sums[filled, -1:]
    return means


def bootstrap_jaccard(
    labels: NDArray[np.int64], n_segments: int, refits: Sequence[Refit]
) -> NDArray[np.float64]:
    """Similarity of each segment to the most similar one of each refit.

    It is the Jaccard similarity among the drawn customers. A segment without a drawn
    customer has similarity 0.

    Parameters
    ----------
    labels
        Segment of each customer, 0 to n_segments - 1 (customers,).
    n_segments
        Number of segments.
    refits
        The result of `refit_bootstraps` for the same customers.

    Returns
    -------
    similarities
        (refits, segments), in [0, 1].
    """
    return np.array(
        [
            jaccard_similarities(
                labels[refit.rows],
                refit.labels,
                n_segments,
                int(refit.labels.max()) + 1,
            ).max(axis=1)
            for refit in refits
        ]
    )

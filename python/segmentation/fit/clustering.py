"""Cluster customers by their scaled features, with k-means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

# With fewer starts, different seeds end in different local optima.
N_INIT = 50
# Fewer rows than the fit needs show which start is best.
START_ROWS = 20_000


@dataclass(frozen=True)
class Clustering:
    """Segments of the training customers.

    Attributes
    ----------
    centers
        Centroids (segments, features) in scaled units.
    labels
        Row of `centers` nearest to each training customer (customers,).
    distances
        Euclidean distance of each training customer to it (customers,).
    inertia
        Sum of the squared distances.
    """

    centers: NDArray[np.float64]
    labels: NDArray[np.int64]
    distances: NDArray[np.float64]
    inertia: float


def fit_kmeans(
    matrix: NDArray[np.float64], n_segments: int, random_state: int
) -> Clustering:
    """Fit k-means on scaled features (customers, features).

    With more than `START_ROWS` customers, a random sample is fitted from `N_INIT`
    starts, and all customers once from the best result. One thread fits: several
    threads add up their partial sums in an order that differs from run to run. Every
    start runs until nothing changes (tol=0): starts that stop near the same optimum
    would disagree about the customers on the borders.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than segments.
    """
    check_distinct(matrix, n_segments)
    starting = matrix
    if len(matrix) > START_ROWS:
        random = np.random.default_rng(random_state)
        starting = matrix[
            np.sort(random.choice(len(matrix), START_ROWS, replace=False))
        ]
    with threadpool_limits(limits=1):
        model = KMeans(n_segments, n_init=N_INIT, tol=0, random_state=random_state)
        model.fit(starting)
        if starting is not matrix:
            model = KMeans(n_segments, init=model.cluster_centers_, n_init=1, tol=0)
            model.fit(matrix)
        distances = model.transform(matrix).min(axis=1)
    return Clustering(
        model.cluster_centers_,
        model.labels_.astype(np.int64),
        distances,
        model.inertia_,
    )


def count_distinct(matrix: NDArray[np.float64]) -> int:
    """Count the distinct customers (customers, features)."""
    return len(np.unique(matrix, axis=0))


def check_distinct(matrix: NDArray[np.float64], n_segments: int) -> None:
    """Raise ValueError if there are fewer distinct customers than segments.

    The estimators of scikit-learn only warn, and leave segments without a customer.
    """
    distinct = count_distinct(matrix)
    if distinct < n_segments:
        raise ValueError(
            f"The {len(matrix)} training customers have {distinct} distinct feature "
            f"vectors; expected at least n_segments = {n_segments}."
        )

"""Divide customers into segments by their scaled features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

# With fewer starts, different seeds end in different local optima.
N_INIT = 50
# Beyond this quantile of the training distances a customer is an outlier.
OUTLIER_QUANTILE = 0.99


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

    One thread fits, because the order in which several add up their partial sums is not
    the same twice. Every start runs until nothing changes (tol=0): starts that stop
    near the same optimum would disagree about the customers on the borders.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than segments.
    """
    distinct = len(np.unique(matrix, axis=0))
    if distinct < n_segments:
        raise ValueError(
            f"The {len(matrix)} training customers have {distinct} distinct feature "
            f"vectors; expected at least n_segments = {n_segments}."
        )
    with threadpool_limits(limits=1):
        model = KMeans(n_segments, n_init=N_INIT, tol=0, random_state=random_state).fit(
            matrix
        )
        distances = model.transform(matrix).min(axis=1)
    return Clustering(
        model.cluster_centers_,
        model.labels_.astype(np.int64),
        distances,
        model.inertia_,
    )


def order_by_value(clustering: Clustering, values: NDArray[np.float64]) -> Clustering:
    """Renumber the segments by falling mean of `values` (customers,)."""
    n_segments = len(clustering.centers)
    means = np.array(
        [values[clustering.labels == label].mean() for label in range(n_segments)]
    )
    order = np.lexsort((clustering.centers[:, 0], -means))
    rank = np.empty(n_segments, dtype=np.int64)
    rank[order] = np.arange(n_segments)
    return Clustering(
        clustering.centers[order],
        rank[clustering.labels],
        clustering.distances,
        clustering.inertia,
    )
